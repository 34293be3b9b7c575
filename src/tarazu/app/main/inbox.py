"""The desk's ear: a unix socket that only its owner can open. One JSON line in, one JSON line out.

    {"order": "HALT", "who": "asha", "why": "the book looks wrong"}
    {"want": {"type": "EntryWant", "strategy": "asha", "key": "NFO:NIFTY26NOVFUT", "side": "BUY", ...}}

An answer is given once what was asked is in the journal: `accepted`, the entry's `sequence`, what the engine did.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tarazu.engine.acts import Decline, Deny, Intend, Step
from tarazu.engine.messages import Commanded, Message, Order, Wanted
from tarazu.strategy.wants import Want

log = logging.getLogger("tarazu.main")

LINE_BYTES_MAX = 64 << 10
INTEGER_BITS_MAX = 53
"""The journal holds 64, and a reader of its JSON may hold no more than these."""
IDLE_S = 60.0
FIRST_LINE_S = 2.0
"""Who connects has something to say."""
TALKS_MAX = 32
"""Connections at once; for another the one that has said nothing for longest is closed: a HALT is never kept out."""


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order: Order | None = None
    want: Want | None = None
    who: str = ""
    why: str = ""
    ref: str = ""
    order_id: str = ""
    incident: str = ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `error` is not empty where nothing was taken: nothing is in the journal then. What is taken and not
    followed is in the journal and not `accepted`; `denials` or `declined` say why."""

    accepted: bool
    error: str = ""
    sequence: int = 0
    phase: str = ""
    declined: str = ""
    """Why a person's word was not followed."""
    denials: tuple[dict[str, Any], ...] = ()
    refs: tuple[str, ...] = ()
    """Of the orders that this has made, in their order."""
    acts: tuple[dict[str, Any], ...] = ()


_NAME, _LOOKED = "which strategy it is about", "where it is written down what was found"
_WANT = "which want it is about (tarazu approvals)"
_NEEDS = {
    (Order.CLAIM, "ref"): "which order of ours it is",
    (Order.HALT_STRATEGY, "ref"): _NAME,
    (Order.RESET_STRATEGY, "ref"): _NAME,
    (Order.APPROVE, "ref"): _WANT,
    (Order.REFUSE, "ref"): _WANT,
    (Order.RESET_HALT, "incident"): _LOOKED,
    (Order.RESET_STRATEGY, "incident"): _LOOKED,
}
"""Besides who and why."""

_DECODER = msgspec.json.Decoder(_Asked)
Take = Callable[[Message], tuple[int, Step, str] | str]
"""Takes a message: its sequence, its step and the phase after it; or why none can be taken now."""


class BadAsk(ValueError):
    """What was said is none of what can be; the message says what can."""


class Inbox:
    def __init__(self, path: Path, take: Take) -> None:
        self._path, self._take = path, take
        self._talks: dict[asyncio.StreamWriter, None] = {}
        """The one that has said nothing for longest first."""
        self._server: asyncio.AbstractServer | None = None

    async def open(self) -> None:
        """Listen, in place of whatever an earlier process has left. The caller holds the process's lock."""
        listening = _bound(self._path)
        self._server = await asyncio.start_unix_server(self._talk, sock=listening, limit=LINE_BYTES_MAX)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._talks) >= TALKS_MAX:
            self._close_one()
        self._talks[writer] = None
        patience_s = FIRST_LINE_S
        try:
            while (line := await _line(reader, patience_s)) is not None:
                patience_s = IDLE_S
                self._spoke(writer)
                await _say(writer, self.answer(line))
        except (ConnectionError, TimeoutError):
            return  # who asked has gone; what was taken is in the journal
        except ValueError:
            await _say(writer, Told(accepted=False, error=f"a line has at most {LINE_BYTES_MAX} bytes"))
        finally:
            self._talks.pop(writer, None)
            writer.close()

    def _spoke(self, writer: asyncio.StreamWriter) -> None:
        if writer in self._talks:
            del self._talks[writer]
            self._talks[writer] = None

    def _close_one(self) -> None:
        longest_idle = next(iter(self._talks))
        del self._talks[longest_idle]
        longest_idle.transport.abort()
        log.warning("%d talk at once: the one that has said nothing for longest is closed", TALKS_MAX)

    def answer(self, line: bytes) -> Told:
        try:
            message = message_of(line)
        except BadAsk as bad:
            return Told(accepted=False, error=str(bad))
        log.info("told: %s", message)
        taken = self._take(message)
        return Told(accepted=False, error=taken) if isinstance(taken, str) else _told(message, *taken)


def message_of(line: bytes) -> Commanded | Wanted:
    """Raises BadAsk."""
    try:
        asked = _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as bad:
        raise BadAsk(f"not understood: {bad}") from bad
    if (asked.order is None) == (asked.want is None):
        raise BadAsk('a line has an "order" or a "want", and one of them')
    if asked.want is not None:
        huge = _huge(msgspec.to_builtins(asked.want))
        if huge:
            raise BadAsk(f"a whole number of {huge} bits: none may have more than {INTEGER_BITS_MAX}")
        return Wanted(want=asked.want)
    assert asked.order is not None
    if not asked.who.strip() or not asked.why.strip():
        raise BadAsk(f'{asked.order} needs a "who" and a "why": both go into the journal')
    for name in ("ref", "incident"):
        if not getattr(asked, name).strip() and (what := _NEEDS.get((asked.order, name))):
            raise BadAsk(f'{asked.order} needs the "{name}": {what}')
    if asked.order in (Order.CLAIM, Order.DISOWN) and not asked.order_id:
        raise BadAsk(f'{asked.order} needs the "order_id" that it is about')
    return Commanded(
        order=asked.order, who=asked.who, why=asked.why, ref=asked.ref, order_id=asked.order_id, incident=asked.incident
    )


def _huge(value: Any) -> int:
    """The bits of a whole number that is too large for an order; 0 when there is none."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return next((bits for inner in value if (bits := _huge(inner))), 0)
    return value.bit_length() if isinstance(value, int) and value.bit_length() > INTEGER_BITS_MAX else 0


def _told(message: Message, sequence: int, step: Step, phase: str) -> Told:
    denied = [denial for act in step.acts if isinstance(act, Deny) for denial in act.denials]
    asks_for_an_order = isinstance(message, Wanted) or (
        isinstance(message, Commanded) and message.order is Order.APPROVE
    )
    declined = next((act.why for act in step.acts if isinstance(act, Decline)), "")
    return Told(
        accepted=not declined and not (denied and asks_for_an_order),
        declined=declined,
        sequence=sequence,
        phase=phase,
        denials=tuple(msgspec.to_builtins(denial) for denial in denied),
        refs=tuple(act.intent.ref for act in step.acts if isinstance(act, Intend)),
        acts=tuple(msgspec.to_builtins(act) for act in step.acts),
    )


async def _line(reader: asyncio.StreamReader, patience_s: float) -> bytes | None:
    """None at the end. Raises ValueError for one that is too long, TimeoutError for one that does not come.

    It is waited for in two halves: where our own loop was late for one, what had come is heard in the other.
    """
    try:
        return await _line_within(reader, patience_s / 2)
    except TimeoutError:
        return await _line_within(reader, patience_s / 2)


async def _line_within(reader: asyncio.StreamReader, patience_s: float) -> bytes | None:
    async with asyncio.timeout(patience_s):
        line = await reader.readline()
    return line or None


async def _say(writer: asyncio.StreamWriter, told: Told) -> None:
    writer.write(msgspec.json.encode(told) + b"\n")
    async with asyncio.timeout(IDLE_S):
        await writer.drain()


def _bound(path: Path) -> socket.socket:
    """A listening socket of mode 0600 in a folder whose path may be of any length."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        os.fchmod(listening.fileno(), 0o600)  # the mode that Linux gives the socket's name
        listening.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
    path.chmod(0o600)
    return listening
