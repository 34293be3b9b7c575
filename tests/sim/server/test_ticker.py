import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from harness.in_time import in_time, once_in_time
from tarazu.model.units import DAY_NS
from tarazu.sim.orders import OrderUpdate

Make = Callable[..., Any]


def run(scenario: Any) -> None:
    asyncio.run(scenario)


def test_a_wrong_token_is_403_and_a_fourth_connection_429(bench: Make) -> None:
    async def scenario() -> None:
        async with bench().serving() as b:
            for api_key, token in (("kk", "wrong"), ("nobody", b.token), ("kk", b.other_token), ("", "")):
                with pytest.raises(InvalidStatus) as refused:
                    async with b.client(api_key, token):
                        pass
                assert refused.value.response.status_code == 403
            async with b.client(), b.client(), b.client():
                with pytest.raises(InvalidStatus) as refused:
                    async with b.client():
                        pass
                assert refused.value.response.status_code == 429
                async with b.client("k2", b.other_token):
                    pass
            await b.until(lambda: not b.ticker.connections)
            async with b.client():
                pass

    run(scenario())


def test_subscribing_sends_a_snapshot_in_quote_mode_and_again_in_the_mode_asked_for(bench: Make) -> None:
    async def scenario() -> None:
        async with bench().serving() as b, b.client() as stream:
            one, two = b.source.tokens[:2]
            await stream.ask("subscribe", [one, two, one])
            assert await stream.ticks() == {one: (44, 10000), two: (44, 10000)}
            await stream.ask("mode", ["full", [two]])
            assert await stream.ticks() == {two: (184, 10000)}
            await stream.ask("mode", ["ltp", [one]])
            assert await stream.ticks() == {one: (8, 10000)}
            b.step()
            assert await stream.ticks() == {one: (8, 10000), two: (184, 10000)}

    run(scenario())


def test_a_step_sends_changed_and_subscribed_rows_only(bench: Make) -> None:
    async def scenario() -> None:
        async with bench().serving() as b, b.client() as stream:
            tokens = b.source.tokens
            await stream.ask("subscribe", tokens[:2])
            await stream.ticks()
            b.source.rows["ltp"][1] = 7
            b.step(1, 2, 3)
            assert await stream.ticks() == {tokens[1]: (44, 7)}
            b.step(2, 3)
            b.step(0)
            assert await stream.ticks() == {tokens[0]: (44, 10000)}

    run(scenario())


def test_commands_are_idempotent_and_unsubscribing_ends_the_flow(bench: Make) -> None:
    async def scenario() -> None:
        async with bench().serving() as b, b.client() as stream:
            one, two, three, _ = b.source.tokens
            await stream.ask("subscribe", [one, two])
            await stream.ticks()
            await stream.ask("subscribe", [one, two])
            await stream.ask("mode", ["quote", [one]])
            await stream.ask("unsubscribe", [one, 999, one])
            await stream.ask("mode", ["full", [one]])
            await stream.ask("subscribe", [three])
            assert await stream.ticks() == {three: (44, 10000)}
            b.step()
            assert await stream.ticks() == {two: (44, 10000), three: (44, 10000)}

    run(scenario())


def test_a_token_nobody_knows_is_taken_and_stays_silent(bench: Make) -> None:
    async def scenario() -> None:
        async with bench().serving() as b, b.client() as stream:
            one = b.source.tokens[0]
            await stream.ask("subscribe", [123456, one])
            assert await stream.ticks() == {one: (44, 10000)}

    run(scenario())


def test_too_many_instruments_is_an_error_text_and_the_connection_stays(bench: Make) -> None:
    async def scenario() -> None:
        async with bench().serving() as b, b.client() as stream:
            await stream.ask("subscribe", list(range(1, 3002)))
            assert await stream.text() == {
                "type": "error",
                "data": "Can't subscribe to more than 3000 instruments.",
            }
            one = b.source.tokens[0]
            await stream.ask("subscribe", [one])
            assert await stream.ticks() == {one: (44, 10000)}

    run(scenario())


@pytest.mark.parametrize("nonsense", ["", "{", "[]", '{"a":"dance","v":[1]}', '{"a":"subscribe","v":["x"]}', "\x00"])
def test_nonsense_is_answered_with_an_error_text_and_the_connection_stays(bench: Make, nonsense: str) -> None:
    async def scenario() -> None:
        async with bench().serving() as b, b.client() as stream:
            await stream.socket.send(nonsense)
            assert (await stream.text())["type"] == "error"
            one = b.source.tokens[0]
            await stream.ask("subscribe", [one])
            assert await stream.ticks() == {one: (44, 10000)}

    run(scenario())


def test_silence_brings_a_one_byte_heartbeat_within_two_seconds(bench: Make) -> None:
    async def scenario() -> None:
        clock = asyncio.get_running_loop().time
        async with bench().serving() as b, b.client() as stream:
            for _ in range(2):
                before_s = clock()
                assert await stream.frame() == b"\x00"
                in_time(clock() - before_s, 2.0, "a heartbeat")

    once_in_time(lambda: run(scenario()))


def test_order_rows_reach_every_connection_of_the_account_and_no_other(bench: Make) -> None:
    async def scenario() -> None:
        async with bench().serving() as b, b.client() as one, b.client() as two, b.client("k2", b.other_token) as other:
            row = {"order_id": "1", "status": "OPEN", "tradingsymbol": "₹"}
            theirs = {"order_id": "2"}
            b.ticker.ship_updates(
                [
                    OrderUpdate("TZ0001", 1, json.dumps(row).encode(), False),
                    OrderUpdate("TZ0002", 1, json.dumps(theirs).encode(), True),
                ]
            )
            assert await one.text() == await two.text() == {"type": "order", "data": row}
            assert await other.text() == {"type": "order", "data": theirs}

    run(scenario())


def test_a_client_ping_is_answered(bench: Make) -> None:
    async def scenario() -> None:
        async with bench().serving() as b, b.client() as stream, asyncio.timeout(40):
            await (await stream.socket.ping())

    run(scenario())


def test_a_reader_that_stops_reading_is_cut_and_counted_while_others_go_on(bench: Make) -> None:
    async def scenario() -> None:
        async with bench(buffer_bytes_max=64 << 10).serving() as b, b.client() as good, b.client() as stuck:
            tokens = b.source.tokens
            for stream in (stuck, good):
                await stream.ask("subscribe", tokens)
                await stream.ask("mode", ["full", tokens])
            await stream.ticks()
            await b.until(lambda: all(len(c.subscribed) == 4 for c in b.ticker.connections))
            stuck.socket.transport.pause_reading()
            steps = 0
            async with asyncio.timeout(60):
                while b.ticker.slow_readers == 0:
                    for _ in range(50):
                        b.step()
                    steps += 50
                    for _ in range(50):
                        await good.ticks()
            assert len(b.ticker.connections) == 1
            b.source.rows["ltp"] = 5
            b.step()
            while (await good.ticks())[tokens[0]] != (184, 5):
                pass

    run(scenario())


def test_the_connection_ends_when_its_token_does(bench: Make) -> None:
    async def scenario() -> None:
        async with bench().serving() as b, b.client() as stream:
            b.source.now_ns += DAY_NS
            async with asyncio.timeout(40):
                await stream.socket.wait_closed()
            assert stream.socket.close_code == 1008
            with pytest.raises(InvalidStatus):
                async with b.client():
                    pass

    run(scenario())
