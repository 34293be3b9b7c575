"""The day's end by both accounts of it: the broker's, trade by trade over REST, and what our close has written."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from tarazu.app.broker_address import SimAddress
from tarazu.app.closing.whole import close_folder
from tarazu.app.demo.looking.asking import Asker
from tarazu.app.demo.told import Books
from tarazu.app.home import Home
from tarazu.app.reconcile.breaks import Against, Reconciliation
from tarazu.app.verdict import Status
from tarazu.model.units import PAISE


class BrokerDay(msgspec.Struct, frozen=True, kw_only=True):
    """What the broker says of the account, asked once."""

    books: Books
    doubled: tuple[str, ...]
    """Tags that more than one order has."""
    working: int
    note_paise: int
    """Charges by his contract note, `POST /charges/orders`, asked with his own averages."""
    orders: dict[str, str]
    """Status by order id."""


class OurDay(msgspec.Struct, frozen=True, kw_only=True):
    """What the close wrote."""

    books: Books
    """By trades.csv."""
    audit_paise: tuple[int | None, int | None, int | None]
    """Gross, charges, net by audit.json."""
    reconciled_orders: tuple[int | None, int | None]
    """Ours and the broker's, by reconciliation.json."""
    reconciled_trades: tuple[int | None, int | None]
    reconciled_charges_paise: int | None
    breaks: int
    money_breaks: int
    replay: tuple[int, int]
    """Entries of the journal that were decided again, and those that are equal."""
    replay_wrong: tuple[str, ...]
    """What the audit says against its replay: not done, different, not recovered."""
    findings: tuple[str, ...]
    """Codes of what the audit has found, those that count against the day."""


def broker_day(address: SimAddress) -> BrokerDay:
    """With the desk's own token, which stays as it is. Raises OSError, HTTPException."""
    asked = Asker(address)
    orders: list[dict[str, Any]] = asked.get("/orders")
    trades: list[dict[str, Any]] = asked.get("/trades")
    positions: list[dict[str, Any]] = asked.get("/portfolio/positions")["net"]
    bought, sold = (_units(trades, side) for side in ("BUY", "SELL"))
    gross = sum(_signed_paise(row) for row in trades)
    charged = _charged_paise(asked.get("/user/margins")["equity"])
    return BrokerDay(
        books=Books(
            orders=len(orders),
            trades=len(trades),
            units_bought=bought,
            units_sold=sold,
            gross_paise=gross,
            charges_paise=charged,
            net_paise=gross - charged,
            open_positions={f"{p['exchange']}:{p['tradingsymbol']}": p["quantity"] for p in positions if p["quantity"]},
        ),
        doubled=_doubled(row["tag"] for row in orders if row["tag"]),
        working=sum(row["status"] not in ("COMPLETE", "CANCELLED", "REJECTED") for row in orders),
        note_paise=_note_paise(asked, orders, trades),
        orders={row["order_id"]: row["status"] for row in orders},
    )


def our_day(home: Home, day: str) -> OurDay:
    """Raises OSError, ValueError, KeyError, TypeError where a file of the close is not there or not as it should be."""
    folder = close_folder(home, date.fromisoformat(day))
    told = msgspec.json.decode((folder / "reconciliation.json").read_bytes(), type=Reconciliation)
    audit = msgspec.json.decode((folder / "audit.json").read_bytes())
    compared = {row.against: row for row in told.compared}
    orders, trades = compared[Against.ORDERS], compared[Against.TRADES]
    with (folder / "trades.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    result, replay = audit["result"], audit["replay"]
    return OurDay(
        books=Books(
            orders=orders.ours or 0,
            trades=len(rows),
            units_bought=sum(int(row["qty_units"]) for row in rows if row["side"] == "BUY"),
            units_sold=sum(int(row["qty_units"]) for row in rows if row["side"] == "SELL"),
            gross_paise=-sum(int(row["value_paise"]) for row in rows),
            charges_paise=sum(int(row["charges_paise"]) for row in rows),
            net_paise=-sum(int(row["value_paise"]) + int(row["charges_paise"]) for row in rows),
            open_positions={place["key"]: place["qty"] for place in audit["open_places"]},
        ),
        audit_paise=(result["gross_paise"], result["charges_paise"], result["net_paise"]),
        reconciled_orders=(orders.ours, orders.broker),
        reconciled_trades=(trades.ours, trades.broker),
        reconciled_charges_paise=told.totals.broker_charges_paise,
        breaks=len(told.breaks),
        money_breaks=len(told.money_breaks),
        replay=(replay["of"], replay["equal"]),
        replay_wrong=tuple(_wrong(replay)),
        findings=tuple(sorted({each["code"] for each in audit["findings"] if each["status"] == Status.CRIT})),
    )


def _wrong(replay: Mapping[str, Any]) -> Iterator[str]:
    yield from (replay[name] for name in ("why_not", "difference") if replay[name])
    yield from (f"not recovered up to entry {entry}" for entry in replay["not_recovered"])


def _units(trades: Iterable[Mapping[str, Any]], side: str) -> int:
    return sum(row["quantity"] for row in trades if row["transaction_type"] == side)


def _signed_paise(trade: Mapping[str, Any]) -> int:
    """Received; negative: paid."""
    value: int = trade["quantity"] * round(trade["average_price"] * PAISE)
    return value if trade["transaction_type"] == "SELL" else -value


def _charged_paise(funds: Mapping[str, Any]) -> int:
    """What the account was charged: what its debits hold beyond what is blocked and lost (`sim.money`)."""
    used = {name: round(amount * PAISE) for name, amount in funds["utilised"].items()}
    loss = max(0, -used["m2m_realised"] - used["m2m_unrealised"])
    blocked = used["span"] + used["exposure"] + used["option_premium"] + used["delivery"]
    charged: int = used["debits"] - (blocked - used["holding_sales"] + loss)
    return charged


def _note_paise(asked: Asker, orders: Sequence[Mapping[str, Any]], trades: Sequence[Mapping[str, Any]]) -> int:
    rows = [_note_row(order, trades) for order in orders if order["filled_quantity"]]
    notes = asked.post("/charges/orders", rows) if rows else []
    return sum(round(note["charges"]["total"] * PAISE) for note in notes)


def _note_row(order: Mapping[str, Any], trades: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The average is of the trades: the order's own row has it rounded."""
    mine = [row for row in trades if row["order_id"] == order["order_id"]]
    names = ("order_id", "exchange", "tradingsymbol", "transaction_type", "variety", "product", "order_type")
    units = sum(row["quantity"] for row in mine)
    value = sum(row["quantity"] * round(row["average_price"] * PAISE) for row in mine)
    return {name: order[name] for name in names} | {"quantity": units, "average_price": value / units / PAISE}


def _doubled(tags: Iterable[str]) -> tuple[str, ...]:
    told = list(tags)
    return tuple(sorted({tag for tag in told if told.count(tag) > 1}))
