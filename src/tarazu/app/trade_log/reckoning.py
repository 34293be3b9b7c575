"""Executions into rows: booked in the order in which they were heard, by the books that the engine keeps."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from tarazu.app.trade_log.executions import Execution
from tarazu.app.trade_log.row import Row
from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.rules import ChargeRates
from tarazu.portfolio.book import Books
from tarazu.portfolio.bookings import Booked, Unbooked
from tarazu.portfolio.postings import Carried
from tarazu.portfolio.unknown_paise import UnknownPaise


def rows_of(
    day: date,
    executions: Iterable[Execution],
    opening: tuple[Carried, ...] | None,
    gone: set[tuple[str, str]],
    rates: ChargeRates,
    instruments: Mapping[str, Instrument],
) -> list[Row]:
    """In the order in which they were heard. Raises NotCovered for a day that the charges' rates do not reach."""
    found = list(executions)
    books = Books(day, rates, instruments, opening or ())
    booked = [books.apply(one.fill) for one in found]
    charged = _charges(books, found, booked)
    return [
        _row(day, one, answer, cost, books, gone, opening is not None)
        for one, answer, cost in zip(found, booked, charged, strict=True)
    ]


def parts(total_paise: int, weights: list[int]) -> list[int]:
    """`total_paise` in whole paise by weight; they add up to it. The largest remainders, the first of equals, have
    what is left over; where nothing weighs, all is the first's."""
    whole = sum(weights)
    if not whole:
        return [total_paise, *[0 for _ in weights[1:]]]
    shares = [divmod(total_paise * weight, whole) for weight in weights]
    left = total_paise - sum(share for share, _ in shares)
    by_rest = sorted(range(len(weights)), key=lambda place: (-shares[place][1], place))
    ones = set(by_rest[:left])
    return [share + (place in ones) for place, (share, _) in enumerate(shares)]


def _charges(books: Books, found: list[Execution], booked: list[Booked | Unbooked]) -> list[int | None]:
    """Of each execution; 0 for one that is in no books."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, (one, answer) in enumerate(zip(found, booked, strict=True)):
        if isinstance(answer, Booked):
            places[one.fill.order_id].append(place)
    charged: list[int | None] = [0] * len(found)
    for order_id, of_order in places.items():
        note = books.charges_of(order_id)
        weights = [abs(found[place].fill.value_paise) for place in of_order]
        shares = [None] * len(weights) if isinstance(note, UnknownPaise) else parts(note, weights)
        for place, share in zip(of_order, shares, strict=True):
            charged[place] = share
    return charged


def _row(
    day: date,
    one: Execution,
    answer: Booked | Unbooked,
    cost: int | None,
    books: Books,
    gone: set[tuple[str, str]],
    begun: bool,
) -> Row:
    fill, intent = one.fill, one.intent
    gross = _gross(books, one, answer) if begun else None
    exchange, _, symbol = fill.key.partition(":")
    notes = [f"NOT_BOOKED {answer.why}"] if isinstance(answer, Unbooked) else []
    notes += ["GONE"] if (fill.order_id, fill.exec_id) in gone else []
    return Row(
        day=day.isoformat(),
        executed_ist=ist.stamp(fill.ts_event_ns)[:19],
        executed_ns=fill.ts_event_ns,
        heard_ns=one.heard_ns,
        journal_seq=one.sequence,
        exec_id=fill.exec_id,
        order_id=fill.order_id,
        tag=one.ref if intent is not None else "",
        strategy=intent.strategy if intent is not None else "",
        purpose=str(intent.purpose) if intent is not None else "FOREIGN",
        group=intent.group if intent is not None else "",
        exchange=exchange,
        symbol=symbol,
        product=str(fill.product),
        side=str(fill.side),
        qty_units=fill.qty,
        price_paise=fill.price_paise,
        value_paise=fill.value_paise,
        position_units=answer.qty if begun and isinstance(answer, Booked) else None,
        gross_paise=gross,
        charges_paise=cost,
        net_paise=None if gross is None or cost is None else gross - cost,
        note="; ".join(notes),
    )


def _gross(books: Books, one: Execution, answer: Booked | Unbooked) -> int | None:
    if isinstance(answer, Unbooked):
        return 0
    position = books.position(one.fill.key, one.fill.product)
    known = position is not None and not isinstance(position.realised(), UnknownPaise)
    return answer.realised_paise if known else None
