"""The day's result reckoned anew from the journal's executions and what the broker's positions carried in.

Books of our own, apart from the engine's: fills as they were told, charges by the day's rates. They are compared with
the engine's own marks whenever the account was flat, where no price has a say, and with the broker's positions when
they were read last.
"""

from collections.abc import Callable, Mapping
from datetime import date

import msgspec

from tarazu import reference
from tarazu.app.day_audit.finding import Code, Finding
from tarazu.app.day_audit.walk.seen import Seen
from tarazu.app.verdict import Status
from tarazu.engine.acts import Mark
from tarazu.engine.messages import PositionsRead, Started
from tarazu.model.execution import Fill
from tarazu.model.instrument import Instrument
from tarazu.model.units import rupees_text
from tarazu.orders.messages import Filled
from tarazu.portfolio.book import Books
from tarazu.portfolio.bookings import Unbooked, Why
from tarazu.portfolio.breaks import BrokerPosition, carried_of, compare
from tarazu.portfolio.charge_book import other_segment
from tarazu.portfolio.pnl import Pnl, Snapshot
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise

InstrumentsOf = Callable[[Started], Mapping[str, Instrument]]
"""Of a start's master; raises LookupError with what is not there."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Paise; None: not computable, and `why` says what for."""

    gross_paise: int | None = 0
    charges_paise: int | None = 0
    net_paise: int | None = 0
    why: str = ""


class OpenPlace(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    product: str
    qty: int
    last_paise: int | None
    """By the broker's positions when they were last read."""


class Money:
    def __init__(self, instruments: InstrumentsOf) -> None:
        self._instruments_of = instruments
        self._instruments: Mapping[str, Instrument] = {}
        self._started: Started | None = None
        self.books: Books | None = None
        self.findings: list[Finding] = []
        self.why = ""
        """Why nothing can be reckoned."""
        self.fills: list[Fill] = []
        self.marked: Mark | None = None
        """The engine's last."""
        self.marks_compared = 0
        """How often its own reckoning was compared with ours."""
        self._rows: tuple[BrokerPosition, ...] = ()
        self._rows_ns = self._filled_ns = 0
        self._due = True

    def take(self, seen: Seen) -> None:
        match seen.message:
            case Started() as started:
                self._start(started)
            case PositionsRead(started_ns=began_ns, positions=rows):
                self._rows, self._rows_ns = rows, began_ns
                self._open(seen)
        for said in seen.outputs:
            if isinstance(said, Filled):
                self.fills.append(said.fill)
                self._filled_ns, self._due = seen.ts_ns, True
                self._book(said.fill, seen)
        for act in seen.acts:
            if isinstance(act, Mark):
                self.marked = act
                self._compare(act, seen)

    # What the day came to.

    def result(self) -> Result:
        """At the broker's last prices of what is open."""
        if self.books is None:
            return Result() if not self.fills else _unknown(self.why or "the broker's positions were never read")
        return _result(_ours(self.books.as_of(self._last)).total)

    def by_strategy(self, labels: Mapping[str, str]) -> dict[str, Result]:
        """`labels`: strategies by the broker's order id; empty: what none of them did."""
        if self.books is None:
            return {}
        return {name: _result(pnl) for name, pnl in sorted(self.books.by_strategy(self._last, labels).items())}

    def open_places(self) -> list[OpenPlace]:
        if self.books is None:
            return []
        lasts = {row.key: row.last_paise for row in self._rows if row.last_paise > 0}
        held = [position for position in self.books.positions() if position.qty]
        return [OpenPlace(key=p.key, product=str(p.product), qty=p.qty, last_paise=lasts.get(p.key)) for p in held]

    def end(self) -> str:
        """After the last entry: the books beside the broker's positions. Why they could not be compared; empty: they
        were."""
        if self.why and self.fills:
            self._found(Code.NOT_COMPUTABLE, Status.UNKNOWN, "", 0, 0, self.why)
        if self.books is None:
            never = "the broker's positions were never read"
            if self.fills and not self.why:
                self._found(Code.NOT_COMPUTABLE, Status.UNKNOWN, "", 0, 0, f"{never}: what was carried in is not known")
            return never
        result = self.result()
        if self.fills and result.net_paise is None:
            self._found(Code.NOT_COMPUTABLE, Status.UNKNOWN, "", 0, 0, result.why)
        if self._rows_ns <= self._filled_ns:
            return "the broker's positions were not read again after the last execution"
        for found in compare(self.books, [row for row in self._rows if other_segment(row.key) is None]).breaks:
            about = f"{found.key} {found.product or ''}".strip()
            detail = f"{found.kind}: {found.ours:,} by the journal's executions, {found.broker:,} at the broker"
            self._found(Code.POSITION_DIFFERS, Status.CRIT, about, 0, self._rows_ns, detail)
        return ""

    # Inside.

    def _start(self, started: Started) -> None:
        self._started = started
        if self._instruments:
            return
        try:
            self._instruments = self._instruments_of(started)
        except LookupError as lacks:
            self.why = str(lacks)

    def _open(self, seen: Seen) -> None:
        if self.books is not None or self._started is None or self.why:
            return
        carried = [found for row in self._rows if (found := carried_of(row)) is not None]
        self.books = Books(date.fromisoformat(self._started.day), reference.charge_rates(), self._instruments, carried)
        for fill in self.fills:
            self._book(fill, seen)

    def _book(self, fill: Fill, seen: Seen) -> None:
        if self.books is None:
            return
        booked = self.books.apply(fill)
        if isinstance(booked, Unbooked) and booked.why is not Why.REPEATED:
            detail = f"execution {fill.exec_id} of order {fill.order_id} is in no books: {booked.why}"
            self._found(Code.NOT_BOOKED, Status.CRIT, fill.exec_id, seen.sequence, seen.ts_ns, detail)

    def _compare(self, mark: Mark, seen: Seen) -> None:
        """Only where nothing is open: there both must come to the same paisa."""
        if self.books is None or mark.net_paise is None or not self._due:
            return
        if any(position.qty for position in self.books.positions()):
            return
        self._due, ours = False, _result(_ours(self.books.as_of(_no_price)).total)
        self.marks_compared += 1
        if (ours.gross_paise, ours.net_paise) == (mark.gross_paise, mark.net_paise):
            return
        told = (
            f"the engine had gross {_text(mark.gross_paise)}, net {_text(mark.net_paise)}; the journal's executions "
            f"come to gross {_text(ours.gross_paise)}, net {_text(ours.net_paise)} {ours.why}"
        )
        self._found(Code.RESULT_DIFFERS, Status.CRIT, "", seen.sequence, seen.ts_ns, told.strip())

    def _last(self, key: str) -> Paise:
        lasts = (row.last_paise for row in self._rows if row.key == key and row.last_paise > 0)
        return next(lasts, None) or UnknownPaise.because(Cause.NO_PRICE, key)

    def _found(self, code: Code, status: Status, about: str, sequence: int, ts_ns: int, detail: str) -> None:
        found = Finding(code=code, status=status, about=about, sequence=sequence, ts_ns=ts_ns, detail=detail)
        self.findings.append(found)


def _ours(snapshot: Snapshot) -> Snapshot:
    """Without segments whose money these books cannot keep, as the engine marks."""
    return Snapshot(tuple(line for line in snapshot.lines if not line.key or other_segment(line.key) is None))


def _result(pnl: Pnl) -> Result:
    gross, charges, net = pnl.gross_paise, pnl.charges_paise, pnl.net_paise
    why = next((str(one) for one in (gross, charges) if isinstance(one, UnknownPaise)), "")
    return Result(gross_paise=_known(gross), charges_paise=_known(charges), net_paise=_known(net), why=why)


def _known(paise: Paise) -> int | None:
    return None if isinstance(paise, UnknownPaise) else paise


def _unknown(why: str) -> Result:
    return Result(gross_paise=None, charges_paise=None, net_paise=None, why=why)


def _no_price(key: str) -> Paise:
    return UnknownPaise.because(Cause.NO_PRICE, key)


def _text(paise: int | None) -> str:
    return "not known" if paise is None else f"₹{rupees_text(paise)}"
