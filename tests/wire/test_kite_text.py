import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kiteconnect import KiteTicker

from tarazu.wire.kite_errors import ErrorType, Refusal
from tarazu.wire.kite_text import (
    COMMAND_BYTES_MAX,
    SetMode,
    Subscribe,
    Unsubscribe,
    error_frame,
    message_frame,
    order_frame,
    parse_command,
)
from tarazu.wire.kite_ticks import Mode


class Wire:
    """The socket end the official ticker writes to."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendMessage(self, payload: bytes) -> None:
        self.sent.append(payload)


def test_the_official_tickers_commands_are_understood() -> None:
    official, wire = KiteTicker("api_key", "access_token"), Wire()
    official.ws = wire
    official.subscribe([408065, 256265])
    official.set_mode(official.MODE_FULL, [408065])
    official.set_mode(official.MODE_LTP, [])
    official.unsubscribe([256265])
    assert [parse_command(frame) for frame in wire.sent] == [
        Subscribe((408065, 256265)),
        SetMode(("full", (408065,))),
        SetMode(("ltp", ())),
        Unsubscribe((256265,)),
    ]


def test_a_mode_is_one_of_three() -> None:
    for text, mode in (("ltp", Mode.LTP), ("quote", Mode.QUOTE), ("full", Mode.FULL)):
        command = parse_command(json.dumps({"a": "mode", "v": [text, [1, 2]]}))
        assert isinstance(command, SetMode)
        assert (command.mode, command.tokens) == (mode, (1, 2))


def test_order_and_extra_fields_do_not_matter() -> None:
    assert parse_command('{"v": [7, 7], "id": null, "a": "subscribe"}') == Subscribe((7, 7))


def test_the_largest_token_and_a_full_connection_pass() -> None:
    tokens = tuple(range(2**32 - 3000, 2**32))
    assert parse_command(json.dumps({"a": "subscribe", "v": tokens})) == Subscribe(tokens)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"ping",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"a":"subscribe"}',
        b'{"a":"subscribe","v":null}',
        b'{"a":"subscribe","v":408065}',
        b'{"a":"subscribe","v":"408065"}',
        b'{"a":"subscribe","v":["408065"]}',
        b'{"a":"subscribe","v":[408065.5]}',
        b'{"a":"subscribe","v":[true]}',
        b'{"a":"subscribe","v":[-1]}',
        b'{"a":"subscribe","v":[0]}',
        b'{"a":"subscribe","v":[4294967296]}',
        b'{"a":"subscribe","v":[1e400]}',
        b'{"a":"subscribe","v":[' + b"9" * 5000 + b"]}",
        b'{"a":"subscribe","v":[1]',
        b'{"a":"subscribe","v":[1]}{}',
        b'{"a":"\xff","v":[1]}',
        b'{"a":7,"v":[1]}',
        b'{"a":"drop","v":[1]}',
        b'{"a":"mode","v":["full"]}',
        b'{"a":"mode","v":["FULL",[1]]}',
        b'{"a":"mode","v":["full",[1],2]}',
        b'{"a":"mode","v":[["full"],[1]]}',
        b'{"a":"mode","v":["full",[-1]]}',
        b'{"a":"subscribe","z":' + b"[" * 100_000 + b"]" * 100_000 + b',"v":[1]}',
        b'{"a":"subscribe","v":[' + b"1," * COMMAND_BYTES_MAX + b"1]}",
        '{"a":"subscribe","v":[1],"z":"\ud800"}',
    ],
)
def test_what_does_not_read_is_a_refusal(frame: bytes | str) -> None:
    refusal = parse_command(frame)
    assert isinstance(refusal, Refusal)
    assert refusal.error_type is ErrorType.INPUT and len(refusal.message) < 200


@given(st.one_of(st.binary(max_size=100), st.text(max_size=100)))
def test_no_frame_raises(frame: bytes | str) -> None:
    assert isinstance(parse_command(frame), Refusal)


def test_the_official_ticker_hears_orders_and_errors() -> None:
    official, heard = KiteTicker("api_key", "access_token"), []
    official.on_order_update = lambda ws, row: heard.append(("order", row))
    official.on_error = lambda ws, code, reason: heard.append(("error", code, reason))
    row: dict[str, Any] = {"order_id": "1", "status": "OPEN", "tag": "नमस्ते"}
    official._on_message(None, order_frame(msgspec.json.encode(row)), False)
    official._on_message(None, error_frame('no "more" than 3000'), False)
    official._on_message(None, message_frame("hello"), False)
    assert heard == [("order", row), ("error", 0, 'no "more" than 3000')]


def test_a_message_frame_carries_its_text() -> None:
    assert json.loads(message_frame("मार्केट बंद")) == {"type": "message", "data": "मार्केट बंद"}
