"""A plan, and what became of it, in lines for people (OPERATOR 3(5)). Rupees here; paise everywhere else."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tarazu.app.feed.words import table
from tarazu.app.flatten.book import Left
from tarazu.app.flatten.local import LocalBook
from tarazu.app.flatten.rows import CancelRow, CloseRow
from tarazu.app.verdict import Check, Status
from tarazu.model.units import PAISE

TO_RUN = 'tarazu flatten --live --reason "..."'


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would be done now."""

    cancels: tuple[CancelRow, ...]
    closes: tuple[CloseRow, ...]
    left: tuple[Left, ...]
    age_s: float
    local: LocalBook | str
    quotes_trouble: str = ""
    contracts_trouble: str = ""
    gtts: int | None = None
    """Triggers that stand at the broker; None: not known."""
    unknown: tuple[str, ...] = ()
    """Orders without an answer: they may still come."""
    unread: tuple[str, ...] = ()
    """Rows of the order book that do not read."""
    doubts: tuple[str, ...] = ()
    hidden_s: float = 0.0

    @property
    def is_empty(self) -> bool:
        """Nothing to do, and nothing that may yet come."""
        return not (self.cancels or self.closes or self.unknown or self.unread or self.hidden_s)

    @property
    def phrase(self) -> str:
        """What a person types to have it done."""
        return f"FLATTEN {len(self.closes)}"


def plan_lines(plan: Plan) -> Iterator[str]:
    yield "step 1  latch HARD_HALT (reason required)                      entries stop, survives restart"
    cancels = [row for row in plan.cancels if not row.is_turned]
    turns = [row for row in plan.cancels if row.is_turned]
    yield f"step 2  cancel {_count(len(cancels), 'open order')}"
    yield from (f"          {_order(row)}" for row in cancels)
    if turns:
        yield f"        change {_count(len(turns), 'resting order')} into the exit, which never closes twice"
        yield from (f"          {_order(row)}" for row in turns)
    yield f"step 3  close {_count(len(plan.closes), 'position')}, shorts first"
    if plan.closes:
        head = ("SYMBOL", "PROD", "BROKER", "LOCAL", "ACTION", "TYPE", "SLICES", "EST PX", "EST COST", "")
        yield from table([head, *(_close(row) for row in plan.closes)])
    yield "step 4  re-read the broker's book until flat or the time is over (--patience), report PARTIAL otherwise"


def warnings(plan: Plan) -> Iterator[Check]:
    local = plan.local
    for row in plan.closes:
        if row.differs:
            told = f"broker {row.broker:+}, local {row.local:+}: broker wins for flattening; reconcile afterwards"
            yield _warning("flatten.book", "MISMATCH", f"{row.key} {row.product}: {told}")
        if row.guessed:
            told = "not in a kept master: lot and freeze quantity are of the rules, and the broker slices where unknown"
            yield _warning("flatten.master", "NO_MASTER", f"{row.key}: {told} ({plan.contracts_trouble or 'no row'})")
        if row.waits:
            yield _warning("flatten.waits", row.waits[0].split()[0], f"{row.key} {row.product}: {', '.join(row.waits)}")
        if row.estimate_paise is None:
            yield _warning("flatten.price", "NO_PRICE", f"{row.key}: nobody tells a price: no estimate")
    if plan.quotes_trouble and plan.closes:
        yield _warning("flatten.quotes", "NO_QUOTES", f"{plan.quotes_trouble}: estimates by last prices")
    for left in plan.left:
        yield _warning("flatten.left", "NOT_OURS", f"{left.key} {left.product} {left.qty:+} stays: {left.why}")
    if plan.gtts:
        told = f"{_count(plan.gtts, 'GTT')} at the broker may still fire: look, and delete what would open a position"
        yield _warning("flatten.gtt", "GTT", told)
    if plan.gtts is None:
        yield _warning("flatten.gtt", "GTT_UNKNOWN", "the broker did not tell its GTTs: look at them in Kite")
    for order in plan.unknown:
        told = (
            "no answer, and not in the book: it may still come, and counts until it is found or its quarantine is over"
        )
        yield _warning("flatten.unknown", "ORDER_UNKNOWN", f"{order}: {told}")
    for row_told in plan.unread:
        yield _warning("flatten.unread", "ROW_UNREAD", f"{row_told}: an order that does not read: look in Kite")
    for doubt in plan.doubts:
        yield _warning("flatten.evidence", "EVIDENCE_UNREAD", doubt)
    if isinstance(local, str):
        yield Check(id="flatten.local", status=Status.SKIP, detail=local)


def local_rows(local: LocalBook) -> Sequence[str]:
    """When the broker says nothing: what main last said is held."""
    held = [(key, str(product), f"{qty:+}") for (key, product), qty in sorted(local.held.items()) if qty]
    return table([("SYMBOL", "PROD", "LOCAL"), *held]) if held else ["  nothing was held"]


def facts(plan: Plan) -> dict[str, Any]:
    """For machines. Paise and units."""
    local = plan.local
    return {
        "cancels": [msgspec.to_builtins(row) for row in plan.cancels],
        "closes": [msgspec.to_builtins(row) | {"qty": row.qty} for row in plan.closes],
        "left": [msgspec.to_builtins(row) for row in plan.left],
        "book_age_sec": round(plan.age_s, 3),
        "local_age_sec": None if isinstance(local, str) else round(local.age_s, 3),
        "gtts": plan.gtts,
        "phrase": plan.phrase,
    }


def _warning(id: str, code: str, detail: str) -> Check:
    return Check(id=id, status=Status.WARN, code=code, detail=detail)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _order(row: CancelRow) -> str:
    price = f" {rupees(row.price_paise)}" if row.price_paise else ""
    symbol = row.key.partition(":")[2]
    return f"{row.order_id}  {row.side} {row.qty} {symbol} {row.product} {row.order_type}{price}"


def _close(row: CloseRow) -> Sequence[str]:
    cost = [f"-{rupees(row.spread_paise)} spread"] if row.spread_paise is not None else []
    cost += [f"-{rupees(row.charges_paise)} charges"] if row.charges_paise is not None else []
    return (
        row.key.partition(":")[2],
        row.product,
        f"{row.broker:+}",
        "-" if row.local is None else f"{row.local:+}",
        f"{row.side} {row.qty}",
        _type(row),
        _slices(row),
        "-" if row.estimate_paise is None else rupees(row.estimate_paise),
        ", ".join(cost) or "-",
        "MISMATCH" if row.differs else "",
    )


def _type(row: CloseRow) -> str:
    if row.turned and not row.slices:
        return "resting order, changed"
    if row.price_paise is not None:
        return f"{row.order_type} {rupees(row.price_paise)}"
    return str(row.order_type) if row.protection_bps is None else f"{row.order_type} protection={row.protection_bps}"


def _slices(row: CloseRow) -> str:
    return "-" if not row.slices else f"{len(row.slices)} ({'+'.join(map(str, row.slices))})"


def rupees(paise: int) -> str:
    return f"{paise / PAISE:,.2f}"
