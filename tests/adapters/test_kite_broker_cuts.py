"""An answer that breaks off, at every byte, in every way: never a refusal of an order that was accepted."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.order_desk import adapter, new_order
from harness.raw_broker import PLACED, RawBroker, Talk, forever, refusal
from harness.raw_http import answer
from tarazu.adapters.kite_broker.answer import AnswerReader, NotHttp, TooLong
from tarazu.model.outcome import Accepted, Cause, OrderOutcome, RefusalKind, Refused, Unknown
from tarazu.wire.kite_verdicts import No, Placed, judge_order

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'10\r\n{"status":"succe\r\n1f\r\nss","data":{"order_id":"15122"}\r\n1\r\n}\r\n0\r\n\r\n'
)
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
ENDLESS = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"status":"success","data":{"order_id":"1"}}'
WHOLE = {"length": PLACED, "chunks": CHUNKED, "interim answers first": INTERIM + PLACED}

End = Callable[[Talk], Awaitable[None]]


async def fin(talk: Talk) -> None:
    await talk.close()


async def rst(talk: Talk) -> None:
    await asyncio.sleep(0.002)  # so that the bytes before it are read
    talk.reset()


def after(said: list[bytes], end: End = fin, timeout_s: float = 20.0) -> list[OrderOutcome]:
    """One order for each of these answers, on a connection each, ended so."""

    async def play(talk: Talk) -> None:
        if await talk.request() is not None:
            number = int(talk.asked[-1].body.rpartition(b"tag=n")[2])
            talk.say(said[number])
            await end(talk)

    async def story() -> list[OrderOutcome]:
        async with RawBroker(play) as raw, adapter(raw.root, order_lines=0, timeout_s=timeout_s) as broker:
            outcomes = [await broker.place(new_order(tag=f"n{i}")) for i in range(len(said))]
            assert len(raw.asked) == len(said), "each was sent once"
            return outcomes

    return asyncio.run(story())


@pytest.mark.parametrize("end", [fin, rst])
@pytest.mark.parametrize("name", WHOLE)
def test_an_acceptance_cut_at_any_byte_is_unknown_and_whole_it_is_accepted(name: str, end: End) -> None:
    whole = WHOLE[name]
    *cut, last = after([whole[:n] for n in range(len(whole) + 1)], end)
    assert isinstance(last, Accepted) and last.order_id.startswith("15122")
    for outcome in cut:
        assert isinstance(outcome, Unknown), outcome
        assert outcome.cause is (Cause.CLOSED if end is fin else Cause.RESET)
        assert outcome.bytes_written > 200 and outcome.elapsed_ns > 0


def test_a_refusal_cut_at_any_byte_is_unknown_and_whole_it_is_refused() -> None:
    whole = refusal()
    *cut, last = after([whole[:n] for n in range(len(whole) + 1)])
    assert isinstance(last, Refused) and last.kind is RefusalKind.REQUEST
    assert {type(outcome) for outcome in cut} == {Unknown}


def test_a_server_that_stops_in_the_middle_is_unknown_after_the_timeout() -> None:
    async def hang(talk: Talk) -> None:
        await forever()

    for outcome in after([b"", PLACED[:20], PLACED[:-1]], hang, timeout_s=0.5):
        assert isinstance(outcome, Unknown) and outcome.cause is Cause.TIMEOUT
        assert outcome.elapsed_ns >= 500e6


def test_without_length_or_chunks_nothing_tells_the_end_from_a_cut() -> None:
    (outcome,) = after([ENDLESS])
    assert isinstance(outcome, Unknown) and outcome.cause is Cause.CLOSED


STRANGE = {
    "no HTTP at all": (b"220 mail.example ESMTP\r\n\r\n", Cause.NO_HTTP),
    "garbage in the head": (b"HTTP/1.1 200 OK\r\nContent\x00Length: 5\r\n\r\nhello", Cause.NO_HTTP),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", Cause.NO_HTTP),
    "length and chunks": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Cause.NO_HTTP,
    ),
    "bare line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", Cause.NO_HTTP),
    "bad chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Cause.NO_HTTP),
    "another protocol": (b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", Cause.NO_HTTP),
    "an endless head": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000, Cause.TOO_LONG),
    "an endless body": (answer(b"x" * 200_000), Cause.TOO_LONG),
    "a page": (answer(b"<html>200</html>", kind="text/html"), Cause.NOT_KITE),
    "a page with 400": (answer(b"<html>400</html>", "400 Bad Request", "text/html"), Cause.NOT_KITE),
    "a page with 403": (answer(b"<html>403</html>", "403 Forbidden", "text/html"), Cause.NOT_KITE),
    "a page with 429": (answer(b"<html>429</html>", "429 Too Many", "text/html"), Cause.NOT_KITE),
    "a gateway's JSON with 400": (answer(b'{"message":"no route"}', "400 Bad Request"), Cause.NOT_KITE),
    "broken JSON": (answer(b'{"status":"success","data":{"order_id":"15'), Cause.NOT_KITE),
    "nothing": (answer(b""), Cause.NOT_KITE),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", Cause.NOT_KITE),
    "a redirect": (answer(b"", "302 Found", more="Location: http://127.0.0.1:1/\r\n"), Cause.NOT_KITE),
    "success without id": (answer(b'{"status":"success","data":{}}'), Cause.NO_ORDER_ID),
    "success of another shape": (answer(b'{"status":"success","data":true}'), Cause.NO_ORDER_ID),
    "success with 400": (answer(b'{"status":"success","data":{"order_id":"1"}}', "400 Bad Request"), Cause.AMBIGUOUS),
    "a refusal with 200": (refusal("200 OK"), Cause.AMBIGUOUS),
    "a refusal with 408": (refusal("408 Request Timeout"), Cause.AMBIGUOUS),
    "trouble behind the API, with 400": (refusal(error_type="NetworkException"), Cause.AMBIGUOUS),
    "an OrderException with 500": (refusal("500 Oops", "OrderException"), Cause.SERVER_ERROR),
    "503": (refusal("503 Unavailable", "NetworkException"), Cause.SERVER_ERROR),
    "a 502 page": (answer(b"<html>", "502 Bad Gateway", "text/html"), Cause.SERVER_ERROR),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_answer_of_kites_is_unknown(name: str) -> None:
    said, cause = STRANGE[name]
    (outcome,) = after([said])
    assert isinstance(outcome, Unknown) and outcome.cause is cause, outcome


REFUSALS = {
    "400 InputException": RefusalKind.REQUEST,
    "400 OrderException": RefusalKind.REQUEST,
    "400 UserException": RefusalKind.REQUEST,
    "400 SomethingNewException": RefusalKind.REQUEST,
    "400 MarginException": RefusalKind.MARGIN,
    "428 HoldingException": RefusalKind.HOLDINGS,
    "403 PermissionException": RefusalKind.PERMISSION,
    "403 TokenException": RefusalKind.AUTH_LOST,
    "429 NetworkException": RefusalKind.THROTTLED,
}


def test_kites_own_no_is_a_refusal_of_its_kind() -> None:
    said = [refusal(f"{name[:3]} X", name[4:], f"because {name}") for name in REFUSALS]
    for outcome, (name, kind) in zip(after(said), REFUSALS.items(), strict=True):
        assert isinstance(outcome, Refused)
        assert (outcome.kind, outcome.status) == (kind, int(name[:3]))
        assert (outcome.error_type, outcome.message) == (name[4:], f"because {name}")
        assert outcome.timing.answered_mono_ns > outcome.timing.sent_mono_ns > 0


# The same without sockets, for many more cases.


def verdict(pieces: list[bytes]) -> object:
    """What is made of an answer that came in these pieces and then ended."""
    reader = AnswerReader(1000)
    try:
        for piece in pieces:
            reader.feed(piece)
    except (NotHttp, TooLong) as bad:
        return bad
    return judge_order(reader.status, reader.body) if reader.whole else None


@given(st.sampled_from(sorted(WHOLE)), st.lists(st.integers(0, 400), max_size=6))
def test_it_does_not_matter_in_what_pieces_an_answer_comes(name: str, marks: list[int]) -> None:
    whole = WHOLE[name]
    edges = [0, *sorted(min(mark, len(whole)) for mark in marks), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(edges)]
    assert isinstance(verdict(pieces), Placed)
    assert not isinstance(verdict(pieces[:-1]), No)


def test_byte_by_byte_is_the_same_answer() -> None:
    for whole in WHOLE.values():
        assert isinstance(verdict([whole[i : i + 1] for i in range(len(whole))]), Placed)


@settings(max_examples=300)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_broken_byte_never_makes_a_refusal_of_an_acceptance(name: str, data: st.DataObject) -> None:
    """One byte of an accepting answer is another: the status line cannot become a 4xx and the body an error at once."""
    whole = bytearray(WHOLE[name])
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert not isinstance(verdict([bytes(whole)]), No)


@given(st.binary(max_size=300))
def test_noise_is_neither_accepted_nor_refused(noise: bytes) -> None:
    assert not isinstance(verdict([noise]), Placed | No)


@given(st.integers(100, 599), st.recursive(st.none() | st.text() | st.integers() | st.booleans(), st.lists))
def test_any_json_with_any_status_is_judged_without_a_crash(status: int, value: object) -> None:
    for body in (value, {"status": "success", "data": value}, {"status": "error", "error_type": value, "message": "m"}):
        assert not isinstance(judge_order(status, json.dumps(body).encode()), Placed) or status == 200


def test_absurd_nesting_is_judged_too() -> None:
    deep = b"[" * 200_000
    for body in (deep, b'{"data":' + deep, b'{"status":"success","data":' + deep):
        assert not isinstance(judge_order(200, body), Placed | No)
