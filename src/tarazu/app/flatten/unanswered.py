"""What an earlier flatten sent and had no answer to: it may still come, and counts until the quarantine is over.
Without this a second flatten, minutes after the first, could close a place twice."""

import logging
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tarazu.app.flatten.book import AccountBook
from tarazu.app.flatten.evidence import fallbacks
from tarazu.app.flatten.tags import off_the_wire
from tarazu.app.home import Home
from tarazu.model.order_request import NewOrder
from tarazu.model.units import MINUTE_NS
from tarazu.orders import messages as m
from tarazu.orders.intent import OrderIntent, Purpose
from tarazu.orders.report import Answer, AnswerKind
from tarazu.runtime.desk_record import DeskKind

log = logging.getLogger("tarazu.flatten")

FOR_NS = 10 * MINUTE_NS
"""Further back nothing can be under way: three times the quarantine (`Patience.quarantine_ns`)."""
BLIND_S = 180.0
"""The quarantine: what a file that does not read may hide has come by then, or never."""
LAST_DAYS = 2
"""Files of the record: the last may be of another day than the clock's."""


class Blind(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be read of the evidence; `for_s`: so long may it hide an exit that is under way."""

    told: str
    for_s: float


class _Line(msgspec.Struct):
    """Of the desk's record, or of a fallback file; the chain is the audit's, not ours."""

    ts_ns: int
    kind: str
    body: dict[str, Any]


def take_unanswered(home: Home, book: AccountBook) -> list[Blind]:
    """Before the first read of the book, which may then show them. What it could not read, file by file."""
    blind: list[Blind] = []
    lines = [line for path in _files(home, blind) for line in _lines(path, blind)]
    now_ns = book.now_ns
    sent = _sent(sorted(lines, key=lambda line: line.ts_ns), now_ns - FOR_NS)
    for ts_ns, order in sent:
        take_sent(book, OrderIntent(order=order, purpose=Purpose.SQUARE_OFF, strategy="flatten"), min(ts_ns, now_ns))
    for one in blind:
        log.error("what an earlier flatten sent is not known: %s", one.told)
    return blind


def take_sent(book: AccountBook, intent: OrderIntent, ts_ns: int) -> None:
    """An order that was sent, and has no answer that settles it."""
    if intent.ref in book.blotter.orders:
        return
    book.tell(m.Intended(intent=intent, ts_ns=ts_ns))
    book.tell(m.Durable(ref=intent.ref, ts_ns=ts_ns))
    book.tell(m.Send(ref=intent.ref, ts_ns=ts_ns))
    answer = Answer(AnswerKind.NO_ANSWER, text="of a process that has ended")
    book.tell(m.PlaceAnswered(ref=intent.ref, answer=answer, ts_ns=ts_ns))


def _files(home: Home, blind: list[Blind]) -> list[Path]:
    try:
        names = sorted(path.name for path in home.desk.iterdir() if path.suffix == ".jsonl")
    except (FileNotFoundError, NotADirectoryError):
        names = []
    except OSError as bad:
        names = []
        blind.append(Blind(told=str(bad), for_s=BLIND_S))
    return [*(home.desk / name for name in names[-LAST_DAYS:]), *fallbacks(home)]


def _lines(path: Path, blind: list[Blind]) -> Iterator[_Line]:
    """Those that read; a torn last one was never sent."""
    try:
        written = path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return
    except OSError as bad:
        blind.append(Blind(told=str(bad), for_s=_hides_s(path)))
        return
    bad_lines = 0
    for one in written:
        try:
            line = msgspec.json.decode(one, type=_Line)
            if line.body.get("step") == "place":
                msgspec.convert(line.body.get("request"), NewOrder)
        except ValueError:  # msgspec's, and of text that is no UTF-8
            bad_lines += 1
            continue
        yield line
    if bad_lines and (for_s := _hides_s(path)):
        blind.append(Blind(told=f"{path}: {bad_lines} lines do not read", for_s=for_s))


def _hides_s(path: Path) -> float:
    """0 of a file that nobody has written for longer than the quarantine."""
    try:
        age_s = max(0.0, time.time() - path.stat().st_mtime)
    except OSError:
        age_s = 0.0
    return max(0.0, BLIND_S - age_s)


def _sent(lines: Iterable[_Line], since_ns: int) -> list[tuple[int, NewOrder]]:
    """Placements without an answer that settles them."""
    open_: dict[str, tuple[int, NewOrder]] = {}
    last: dict[str, str] = {}
    for line in lines:
        if line.kind != DeskKind.FLATTEN or line.ts_ns < since_ns:
            continue
        run, step = str(line.body.get("run")), line.body.get("step")
        if step == "place":
            order = msgspec.convert(line.body.get("request"), NewOrder)
            last[run] = order.tag
            order = msgspec.structs.replace(order, tag=off_the_wire(order.tag), autoslice=False)
            open_[last[run]] = (line.ts_ns, order)
        elif step == "place.answer" and line.body.get("outcome") in ("Accepted", "Refused"):
            open_.pop(last.get(run, ""), None)
    return list(open_.values())
