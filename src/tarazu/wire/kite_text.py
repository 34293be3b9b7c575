"""The ticker's text frames: a client's commands in; order rows, errors and messages out.

Kite v3 "WebSocket streaming". A command that does not read is a `Refusal`, whatever its bytes.
"""

from typing import Annotated, Any, Literal

import msgspec

from tarazu.wire.kite_errors import Refusal
from tarazu.wire.kite_ticks import Mode

# Ours: room for some 20,000 tokens, several times what one connection may subscribe to.
COMMAND_BYTES_MAX = 256 * 1024

Token = Annotated[int, msgspec.Meta(ge=1, le=0xFFFF_FFFF)]


class Subscribe(msgspec.Struct, frozen=True, tag_field="a", tag="subscribe"):
    """Follow these instruments; new ones in quote mode."""

    tokens: tuple[Token, ...] = msgspec.field(name="v")


class Unsubscribe(msgspec.Struct, frozen=True, tag_field="a", tag="unsubscribe"):
    tokens: tuple[Token, ...] = msgspec.field(name="v")


class SetMode(msgspec.Struct, frozen=True, tag_field="a", tag="mode"):
    """Send these instruments in this mode."""

    v: tuple[Literal["ltp", "quote", "full"], tuple[Token, ...]]

    @property
    def mode(self) -> Mode:
        return Mode[self.v[0].upper()]

    @property
    def tokens(self) -> tuple[int, ...]:
        return self.v[1]


Command = Subscribe | Unsubscribe | SetMode

_commands: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)


def parse_command(frame: bytes | str) -> Command | Refusal:
    """What a client asks for. Tokens are positive 32-bit integers, in the client's order, repeats included."""
    if len(frame) > COMMAND_BYTES_MAX:
        return Refusal(f"Message is longer than {COMMAND_BYTES_MAX} bytes.")
    try:
        return _commands.decode(frame)
    except (ValueError, RecursionError) as bad:  # msgspec's own errors, broken UTF-8, absurd nesting
        return Refusal(f"Invalid message: {bad}")


def order_frame(row: bytes) -> bytes:
    """An order update; `row` is the JSON of the order row as it stood."""
    return b'{"type":"order","data":' + row + b"}"


def error_frame(text: str) -> bytes:
    """The official client passes it to `on_error` with code 0; the connection stays."""
    return _text_frame("error", text)


def message_frame(text: str) -> bytes:
    """A broadcast from the broker."""
    return _text_frame("message", text)


def _text_frame(kind: str, data: Any) -> bytes:
    return msgspec.json.encode({"type": kind, "data": data})
