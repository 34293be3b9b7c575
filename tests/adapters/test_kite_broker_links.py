"""Connections: dead ones are known before they are written to, and no answer is taken for another's."""

import asyncio
import socket
import threading
import time
from contextlib import suppress

import pytest

from harness.in_time import Late, once_in_time
from harness.order_desk import ORDERS, adapter, honest, new_order, run, until
from harness.raw_broker import PLACED, PROFILE, RawBroker, Talk, refusal
from harness.raw_http import answer
from tarazu.adapters.kite_broker.calls import Call
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.model.outcome import Accepted, Answered, Cause, RefusalKind, Refused, Unavailable, Unknown


def test_a_connection_closed_while_idle_is_noticed_before_writing() -> None:
    """The end is in the kernel, and our event loop has had no turn to see it."""
    listening = socket.create_server(("127.0.0.1", 0))
    gone, placed = threading.Event(), []

    def serve() -> None:
        first, _ = listening.accept()
        first.recv(65536)
        first.sendall(PROFILE)
        time.sleep(0.1)  # until the client is idle
        first.close()
        gone.set()
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with suppress(ConnectionError):
                while said := connection.recv(65536):
                    placed.append(said)
                    connection.sendall(PLACED)

    async def story() -> None:
        async with adapter(f"http://127.0.0.1:{listening.getsockname()[1]}") as broker:
            assert gone.wait(60)
            outcome = await broker.place(new_order())
            assert isinstance(outcome, Accepted), outcome
            assert sum(said.startswith(b"POST") for said in placed) == 1

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    asyncio.run(story())
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(60)


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_an_end_after_the_order_was_written_is_unknown_and_nothing_is_sent_again(how: str) -> None:
    async def play(talk: Talk) -> None:
        while (asked := await talk.request()) is not None:
            if asked.line.startswith("POST"):
                if how == "rst":
                    talk.reset()
                return

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        outcome = await broker.place(new_order())
        assert isinstance(outcome, Unknown)
        assert outcome.cause is (Cause.RESET if how == "rst" else Cause.CLOSED)
        assert outcome.bytes_written > 300
        await asyncio.sleep(0.1)
        assert len(raw.asked) == 1
        assert broker.counts[Call.PLACE] == 1

    run(play, story)


@pytest.mark.parametrize("pause_s", [0.0, 0.03])
def test_an_unasked_word_is_never_taken_for_the_answer_to_the_next_order(pause_s: float) -> None:
    """It comes with the answer before, or while the connection is idle."""

    async def play(talk: Talk) -> None:
        if talk.number == 0:
            await talk.any_request()
            talk.say(PROFILE)
            if pause_s:
                await asyncio.sleep(pause_s)
            talk.say(refusal())
        await honest(talk)

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        await asyncio.sleep(2 * pause_s)
        assert isinstance(await broker.place(new_order()), Accepted)
        assert len(raw.asked) == 1 and all(asked.is_ping for asked in raw.talks[0].asked)

    run(play, story)


def test_an_unasked_word_is_seen_although_the_event_loop_has_had_no_turn_to_read_it() -> None:
    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        raw.talks[0].say(refusal())  # written to the socket here and now
        assert isinstance(await broker.place(new_order()), Accepted)
        assert len(raw.asked) == 1 and all(asked.is_ping for asked in raw.talks[0].asked)

    run(honest, story)


def test_a_late_answer_belongs_to_nobody() -> None:
    """The first order times out; its answer comes while the second is under way."""

    async def play(talk: Talk) -> None:
        while (asked := await talk.request()) is not None:
            late = asked.body.endswith(b"tag=first")
            await asyncio.sleep(0.3 if late else 0)
            talk.say(refusal() if late else PLACED)

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        first = await broker.place(new_order(tag="first"))
        assert isinstance(first, Unknown) and first.cause is Cause.TIMEOUT
        outcomes = []
        for _ in range(20):
            outcomes.append(await broker.place(new_order(tag="later")))
            await asyncio.sleep(0.02)
        assert not any(isinstance(outcome, Refused) for outcome in outcomes), "that was said of the first"
        if not all(isinstance(outcome, Accepted) for outcome in outcomes):
            raise Late("an honest answer, longer than the timeout")

    once_in_time(lambda: run(play, story, timeout_s=0.15))


def test_the_server_may_end_a_connection_after_any_answer() -> None:
    last = answer(b'{"status":"success","data":{"order_id":"1"}}', more="Connection: close\r\n")

    async def play(talk: Talk) -> None:
        if await talk.request() is not None:
            talk.say(last)

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        for _ in range(5):
            assert isinstance(await broker.place(new_order()), Accepted)
        assert len(raw.asked) == 5

    run(play, story)


def test_a_question_is_asked_again_once_on_a_connection_that_had_gone_stale() -> None:
    async def play(talk: Talk) -> None:
        while await talk.request() is not None:
            if talk.number == 0:
                return  # as a server that closes just when the question comes
            talk.say(ORDERS)

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        assert isinstance(await broker.orders(), Answered)
        assert [asked.line for asked in raw.asked] == ["GET /orders HTTP/1.1"] * 2

    run(play, story, order_lines=0, read_lines=1)


def test_a_question_is_not_asked_a_third_time_nor_after_any_byte_of_an_answer() -> None:
    async def never(talk: Talk) -> None:
        await talk.request()

    async def one_byte(talk: Talk) -> None:
        await talk.request()
        talk.say(b"H")

    for play, times in ((never, 2), (one_byte, 1)):

        async def story(raw: RawBroker, broker: KiteBroker, times: int = times) -> None:
            outcome = await broker.orders()
            assert isinstance(outcome, Unavailable) and outcome.cause is Cause.CLOSED
            assert len(raw.asked) == times

        run(play, story, order_lines=0, read_lines=1)


def test_margins_are_not_asked_for_twice() -> None:
    async def play(talk: Talk) -> None:
        await talk.request()

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        assert isinstance(await broker.order_margins([new_order()]), Unavailable)
        assert len(raw.asked) == 1

    run(play, story, order_lines=0, read_lines=1)


def test_a_first_send_that_fails_is_a_refusal() -> None:
    """The other end is alive and silent, so that nothing can be seen before: the send itself says no."""

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        (link,) = broker._wires.orders._idle
        assert link._transport is not None
        link._transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
        outcome = await broker.place(new_order())
        assert isinstance(outcome, Refused) and outcome.kind is RefusalKind.NOT_SENT
        assert broker.counts[Call.PLACE] == 0
        assert isinstance(await broker.place(new_order()), Accepted)
        assert len(raw.asked) == 1

    run(honest, story)


def test_the_timeout_of_an_answered_order_does_not_strike_the_next() -> None:
    async def play(talk: Talk) -> None:
        while (asked := await talk.request()) is not None:
            await asyncio.sleep(0.3 if asked.body.endswith(b"tag=slow") else 0)
            talk.say(PLACED)

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        outcomes = [await broker.place(new_order(tag="fast"))]
        await asyncio.sleep(0.4)
        outcomes.append(await broker.place(new_order(tag="slow")))
        if any(isinstance(outcome, Unknown) for outcome in outcomes):
            raise Late("an answer, longer than the timeout")
        assert len(raw.talks) == 1 and all(isinstance(outcome, Accepted) for outcome in outcomes)

    once_in_time(lambda: run(play, story, timeout_s=0.6))


def test_a_connection_that_has_timed_out_is_let_go() -> None:
    async def play(talk: Talk) -> None:
        while await talk.request() is not None:
            pass

    async def story(raw: RawBroker, broker: KiteBroker) -> None:
        (link,) = broker._wires.orders._idle
        assert isinstance(await broker.place(new_order()), Unknown)
        await until(lambda: link not in broker._wires.orders._links)

    run(play, story, timeout_s=0.05)
