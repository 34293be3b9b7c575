"""Connections are open and warm before they are needed; orders do not wait for anything or anybody."""

import asyncio
import socket
import threading

from harness.order_desk import adapter, honest, new_order, run, until
from harness.raw_broker import PLACED, PROFILE, RawBroker, Talk, forever
from tarazu.adapters.kite_broker.calls import Call
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.model.outcome import Accepted, Cause, RefusalKind, Refused, Unavailable, Unknown


def test_connections_are_open_and_warm_before_the_first_order() -> None:
    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        assert len(raw.talks) == 4
        assert [len(talk.asked) for talk in raw.talks] == [1, 1, 1, 1], "a ping each"
        outcomes = [await broker.place(new_order()) for _ in range(10)]
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert len(raw.talks) == 4, "kept alive"
        assert broker.counts == {Call.PLACE: 10, Call.MODIFY: 0, Call.CANCEL: 0, Call.OTHER: 4}

    run(honest, story, order_lines=2, read_lines=2)


def test_the_bytes_of_an_order_are_with_the_kernel_when_the_call_returns() -> None:
    """A server in another thread has them although our event loop never gets a turn."""
    listening = socket.create_server(("127.0.0.1", 0))
    came = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            while b"POST" not in connection.recv(65536):
                connection.sendall(PROFILE)
            came.set()

    async def story() -> None:
        async with adapter(f"http://127.0.0.1:{listening.getsockname()[1]}") as broker:
            future = broker.place(new_order())
            assert came.wait(60), "and this thread, with the event loop, stood still"
            assert isinstance(await future, Unknown)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listening:
        asyncio.run(story())
    thread.join(60)


def test_an_order_never_waits_behind_slow_questions() -> None:
    async def play(talk: Talk) -> None:
        while (asked := await talk.request()) is not None:
            if asked.line.startswith("GET"):
                await forever()
            talk.say(PLACED)

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        slow = [asyncio.create_task(broker.orders()) for _ in range(5)]
        await until(lambda: sum(asked.line.startswith("GET /orders") for asked in raw.asked) == 5)
        for _ in range(3):
            assert isinstance(await broker.place(new_order()), Accepted)
        assert not any(task.done() for task in slow), "they are not answered yet"
        for task in slow:
            task.cancel()

    run(play, story, order_lines=1, read_lines=2, timeout_s=50.0)


def test_orders_at_once_go_out_at_once_each_on_a_connection_of_its_own() -> None:
    free = asyncio.Event()

    async def play(talk: Talk) -> None:
        while await talk.request() is not None:
            await free.wait()
            talk.say(PLACED)

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        futures = [broker.place(new_order(tag=f"n{i}")) for i in range(6)]
        await until(lambda: len(raw.asked) == 6)
        assert all(sum(not asked.is_ping for asked in talk.asked) <= 1 for talk in raw.talks), "nothing is pipelined"
        free.set()
        assert all(isinstance(outcome, Accepted) for outcome in await asyncio.gather(*futures))
        assert {asked.body.rpartition(b"tag=")[2] for asked in raw.asked} == {b"n%d" % i for i in range(6)}
        await until(lambda: broker._wires.orders.open == 2)

    run(play, story, order_lines=2, read_lines=1)


def test_a_lost_connection_is_opened_again_unasked() -> None:
    async def play(talk: Talk) -> None:
        await talk.any_request()
        talk.say(PROFILE)
        if talk.number:
            await honest(talk)

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        await until(lambda: len(raw.talks) == 2 and raw.talks[1].asked)

    run(play, story)


def test_an_idle_connection_is_pinged_before_a_server_would_close_it() -> None:
    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        await until(lambda: all(len(talk.asked) >= 4 for talk in raw.talks))
        assert len(raw.talks) == 3
        assert broker.counts[Call.OTHER] == sum(len(talk.asked) for talk in raw.talks)

    run(honest, story, order_lines=2, read_lines=1, refresh_s=0.05)


def test_nobody_there_is_a_refusal_of_an_order_and_an_unavailable_answer() -> None:
    async def story() -> None:
        async with adapter("http://127.0.0.1:1") as broker:
            assert "Connect call failed" in broker.trouble
            outcome = await broker.place(new_order())
            assert isinstance(outcome, Refused) and outcome.kind is RefusalKind.NOT_SENT
            assert outcome.timing.sent_mono_ns == 0 and "no connection" in outcome.message
            read = await broker.orders()
            assert isinstance(read, Unavailable) and read.cause is Cause.NOT_SENT
            assert set(broker.counts.values()) == {0}

    asyncio.run(story())


def test_who_comes_back_is_found_again() -> None:
    async def story() -> None:
        ours = socket.socket()
        ours.bind(("127.0.0.1", 0))  # a port that is ours, and at which nobody listens yet
        async with adapter(f"http://127.0.0.1:{ours.getsockname()[1]}") as broker:
            assert broker.trouble
            raw = RawBroker(honest)
            raw._server = await asyncio.start_server(raw._met, sock=ours)
            async with asyncio.timeout(40):
                await until(lambda: raw.talks and raw.talks[0].asked)
            await until(lambda: not broker.trouble)
            assert isinstance(await broker.place(new_order()), Accepted)
            assert len(raw.asked) == 1
        await raw.__aexit__(None, None, None)

    asyncio.run(story())


def test_to_drop_or_cancel_the_future_changes_nothing() -> None:
    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        broker.place(new_order()).cancel()
        await until(lambda: len(raw.asked) == 1)
        assert isinstance(await broker.place(new_order()), Accepted)
        assert len(raw.talks) <= 2

    run(honest, story)


def test_closing_ends_what_is_under_way_as_unknown_and_what_comes_after_as_not_sent() -> None:
    async def play(talk: Talk) -> None:
        await talk.request()
        await forever()

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        future, dialling = broker.place(new_order()), broker.place(new_order())
        await asyncio.sleep(0)  # the second is on its way to a connection
        await broker.close()
        assert isinstance(await future, Unknown)
        for late in (await dialling, await broker.place(new_order())):
            assert isinstance(late, Refused) and late.kind is RefusalKind.NOT_SENT

    run(play, story)


def test_an_order_that_finds_its_lane_busy_takes_a_readers_connection_before_it_dials() -> None:
    free = asyncio.Event()

    async def play(talk: Talk) -> None:
        while await talk.request() is not None:
            await free.wait()
            talk.say(PLACED)

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        futures = [broker.place(new_order()) for _ in range(3)]
        await until(lambda: len(raw.asked) == 3)
        assert len(raw.talks) == 3
        free.set()
        assert all(isinstance(outcome, Accepted) for outcome in await asyncio.gather(*futures))

    run(play, story, order_lines=1, read_lines=2)
