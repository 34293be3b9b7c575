"""Every ticker fault of the catalogue, seen from a client. KITE facts 2.6."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus

from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.wire.kite_ticks import TickFrame, decode

Make = Callable[..., Any]


def on_stream(bench: Make, story: Any, mode: str = "full") -> None:
    """Run `story(bench, stream, tokens)` on a connection subscribed to every row."""

    async def scenario() -> None:
        async with bench().serving() as b, b.client() as stream:
            await subscribe_all(b, stream, mode)
            await story(b, stream, b.source.tokens)

    asyncio.run(scenario())


async def subscribe_all(b: Any, stream: Any, mode: str) -> None:
    await stream.ask("subscribe", b.source.tokens)
    await stream.ticks()
    await stream.ask("mode", [mode, b.source.tokens])
    await stream.ticks()


async def settle(stream: Any) -> None:
    """A round trip: whatever the server sent before it has arrived."""
    await (await stream.socket.ping())


def waiting(stream: Any) -> int:
    """Frames that came and nobody has read; heartbeats are not counted."""
    return sum(len(frame.data) > 1 for frame in stream.socket.recv_messages.frames.queue)


async def tick_frame(stream: Any) -> bytes:
    """The next that is no heartbeat."""
    while len(frame := await stream.frame()) <= 1:
        pass
    assert isinstance(frame, bytes)
    return frame


def test_freeze_stops_everything_and_the_socket_stays_up(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("ws.freeze", for_s=10)
        b.step()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.0):
                await stream.socket.recv()
        b.source.now_ns += 10 * SECOND_NS
        b.step()
        assert set(await stream.ticks()) == set(tokens)

    on_stream(bench, story)


def test_freeze_ticks_leaves_the_heartbeats(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        fault = b.source.arm("ws.freeze_ticks")
        b.step()
        assert await stream.frame() == b"\x00"
        b.source.faults.disarm(fault.id)
        b.step()
        assert set(await stream.ticks()) == set(tokens)

    on_stream(bench, story)


def test_mute_silences_listed_instruments(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("ws.mute", params={"tokens": tokens[1:]})
        b.step()
        assert set(await stream.ticks()) == {tokens[0]}

    on_stream(bench, story)


def test_mute_by_share_silences_the_same_instruments_each_time(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("ws.mute", params={"share": 0.5})
        heard = []
        for _ in range(3):
            b.source.now_ns += SECOND_NS
            b.step()
            heard.append(set(await stream.ticks()))
        assert heard[0] == heard[1] == heard[2] < set(tokens)

    on_stream(bench, story)


@pytest.mark.parametrize(("share", "heard"), [(0.0001, 4), (1.0, 0)])
def test_the_share_of_a_mute_is_the_silent_part(bench: Make, share: float, heard: int) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("ws.mute", params={"share": share})
        b.step()
        await settle(stream)
        assert (len(await stream.ticks()) if heard else waiting(stream)) == heard

    on_stream(bench, story)


def test_half_open_neither_reads_nor_writes_nor_closes(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("ws.half_open", for_s=10)
        b.ticker.pump()
        b.step()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await (await stream.socket.ping())
        assert waiting(stream) == 0
        b.source.now_ns += 10 * SECOND_NS
        b.ticker.pump()
        await settle(stream)
        b.step()
        assert set(await stream.ticks()) == set(tokens)

    on_stream(bench, story)


@pytest.mark.parametrize("status", [403, 429, 503])
def test_refuse_turns_the_upgrade_down(bench: Make, status: int) -> None:
    async def scenario() -> None:
        async with bench().serving() as b:
            b.source.arm("ws.refuse", count=1, params={"status": status})
            with pytest.raises(InvalidStatus) as refused:
                async with b.client():
                    pass
            assert refused.value.response.status_code == status
            async with b.client():
                pass

    asyncio.run(scenario())


def test_drop_cuts_without_a_close_frame(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("ws.drop", count=1)
        b.ticker.pump()
        with pytest.raises(ConnectionClosedError):
            await stream.frame()
        assert stream.socket.close_code == 1006

    on_stream(bench, story)


def test_drop_can_name_its_connection(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        async with b.client() as second:
            await subscribe_all(b, second, "ltp")
            b.source.arm("ws.drop", match={"connection": str(b.ticker.connections[1].serial)})
            b.ticker.pump()
            with pytest.raises(ConnectionClosedError):
                await second.frame()
            b.step()
            assert set(await stream.ticks()) == set(tokens)

    on_stream(bench, story)


def test_close_is_clean_and_carries_its_code(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("ws.close", count=1)
        b.ticker.pump()
        with pytest.raises(ConnectionClosedOK):
            await stream.frame()
        assert stream.socket.close_code == 1000

    on_stream(bench, story)


def test_a_pong_comes_unasked_once_and_never_without_the_fault(bench: Make) -> None:
    async def scenario() -> None:
        async with bench().serving() as b:
            reader, writer = await raw_client(b)
            b.ticker.pump()
            fault = b.source.arm("ws.pong")
            b.ticker.pump()
            b.ticker.pump()
            async with asyncio.timeout(40):
                while (head := await reader.readexactly(2)) == b"\x82\x01":  # a heartbeat, if it took so long
                    assert await reader.readexactly(1) == b"\x00"
                assert head == b"\x8a\x00"
                assert await reader.readexactly(3) == b"\x82\x01\x00", "a heartbeat is next: no second pong"
            assert fault.struck == 1
            writer.close()

    asyncio.run(scenario())


async def raw_client(b: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", b.port)
    writer.write(
        f"GET /?api_key=kk&access_token={b.token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101")
    assert b"permessage-deflate" not in head
    return reader, writer


def test_linger_counts_a_dead_connection_for_a_while(bench: Make) -> None:
    async def scenario() -> None:
        async with bench().serving() as b, b.client(), b.client():
            b.source.arm("ws.linger", count=1, params={"linger_s": 10.0})
            async with b.client():
                pass
            await b.until(lambda: len(b.ticker.connections) == 2)
            with pytest.raises(InvalidStatus) as refused:
                async with b.client():
                    pass
            assert refused.value.response.status_code == 429
            b.source.now_ns += 10 * SECOND_NS
            async with b.client():
                pass

    asyncio.run(scenario())


def test_duplicate_sends_each_frame_twice(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("ws.duplicate", count=1)
        b.step(0)
        b.step(1)
        assert [set(await stream.ticks()) for _ in range(3)] == [{tokens[0]}, {tokens[0]}, {tokens[1]}]

    on_stream(bench, story)


@pytest.mark.parametrize("how", ["truncate", "length"])
def test_garble_breaks_a_frame_in_a_way_the_decoder_counts(bench: Make, how: str) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("ws.garble", count=1, params={"how": how})
        b.step()
        frame = await tick_frame(stream)
        out = TickFrame()
        assert decode(frame, out) < 4
        assert not out.clean

    on_stream(bench, story)


def test_gap_loses_the_ticks_of_a_moment(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("tick.gap", count=1)
        b.source.rows["ltp"][0] = 1
        b.step()
        b.source.rows["ltp"][0] = 2
        b.step()
        assert (await stream.ticks())[tokens[0]] == (184, 2)

    on_stream(bench, story)


def test_backdated_stamps_lie_in_the_past_and_nothing_else_changes(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("tick.backdate", count=1, params={"by_s": 30})
        frames = []
        for _ in range(2):
            b.step()
            frames.append(TickFrame())
            assert decode(await tick_frame(stream), frames[-1]) == 4
        late, true = (f.rows[:4] for f in frames)
        assert (true["exchange_ts"] - late["exchange_ts"]).tolist() == [30] * 4
        assert late["ltp"].tolist() == true["ltp"].tolist()

    on_stream(bench, story)


def test_latency_holds_frames_back_in_order(bench: Make) -> None:
    async def story(b: Any, stream: Any, tokens: list[int]) -> None:
        b.source.arm("tick.latency", for_s=1, params={"min_ms": 500, "max_ms": 900})
        for n in range(4):
            b.source.rows["ltp"][0] = n
            b.step(0)
        b.source.now_ns += 499 * MILLISECOND_NS
        b.ticker.pump()
        await settle(stream)
        assert waiting(stream) == 0
        b.source.now_ns += 401 * MILLISECOND_NS
        b.ticker.pump()
        assert [(await stream.ticks())[tokens[0]][1] for _ in range(4)] == [0, 1, 2, 3]

    on_stream(bench, story)
