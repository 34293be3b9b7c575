"""The official client's virtual contract note of random orders, line by line, beside our charges and a plain reckoning.

The plain reckoning is written down here anew, in exact decimals of the dated rate card (KITE facts 3.4), and shares no
line with `portfolio.charges`: what the broker in a box answers is our own code, and agrees with itself.
"""

import random
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
import pytest

from harness.served import Serve, Served
from tarazu import reference
from tarazu.app.account.contracts import kind_of
from tarazu.app.reconcile.legs.charge_lines import broker_lines, differing, our_lines
from tarazu.model.instrument import Exchange, Kind
from tarazu.model.order import Product, Side
from tarazu.portfolio.charges import ChargeLeg, charges
from tarazu.wire.kite_money import ContractNoteRow

DAY = date(2026, 11, 23)
ORDERS = 400
SHARES = ("INFY", "SBIN", "RELIANCE")


@pytest.fixture(scope="module")
def broker(serve: Serve) -> Served:
    return serve("--day", DAY.isoformat())


def random_orders(broker: Served, seed: int) -> list[dict[str, Any]]:
    dice, client = random.Random(seed), broker.client()
    listed = [i for i in client.instruments("NFO") if i["instrument_type"] in ("CE", "PE", "FUT")]
    orders = []
    for number in range(ORDERS):
        share = dice.random() < 0.4
        one = None if share else dice.choice(listed)
        qty = dice.randrange(1, 3_000) if one is None else one["lot_size"] * dice.randrange(1, 40)
        orders.append(
            {
                "order_id": str(10**14 + number),
                "exchange": "NSE" if one is None else "NFO",
                "tradingsymbol": dice.choice(SHARES) if one is None else one["tradingsymbol"],
                "transaction_type": dice.choice(["BUY", "SELL"]),
                "variety": "regular",
                "product": dice.choice(["CNC", "MIS"]) if share else dice.choice(["NRML", "MIS"]),
                "order_type": "LIMIT",
                "quantity": qty,
                "average_price": dice.choice([5, 1, 97]) * dice.randrange(1, 40_000) / 100,
            }
        )
    return orders


def test_the_official_clients_contract_note_is_our_charges_line_by_line_on_random_orders(broker: Served) -> None:
    orders = random_orders(broker, seed=23)
    client, told = broker.client(), []
    for at in range(0, ORDERS, 100):
        told += client.get_virtual_contract_note(orders[at : at + 100])
        broker.pass_time(1)
    assert len(told) == ORDERS
    for order, row in zip(orders, told, strict=True):
        ours = our_lines(charges(reference.charge_rates(), leg_of(order)))
        theirs = broker_lines(msgspec.convert(row, ContractNoteRow).charges)
        assert list(differing(ours, theirs)) == [], (order, row)
        assert ours == plain(order), order


def leg_of(order: dict[str, Any]) -> ChargeLeg:
    return ChargeLeg(
        kind=kind_of(f"{order['exchange']}:{order['tradingsymbol']}"),
        exchange=Exchange(order["exchange"]),
        product=Product(order["product"]),
        side=Side(order["transaction_type"]),
        qty=order["quantity"],
        value_paise=round(order["average_price"] * 100) * order["quantity"],
        day=DAY,
    )


# KITE facts 3.4, of FY 2026-27, NSE: percent of turnover; levies of a crore.
STT = {"delivery": ("0.1", "0.1"), "intraday": ("0", "0.025"), "futures": ("0", "0.05"), "options": ("0", "0.15")}
STAMP = {"delivery": "0.015", "intraday": "0.003", "futures": "0.002", "options": "0.003"}
CRORE_OF = {"delivery": "306.99", "intraday": "306.99", "futures": "182.99", "options": "3552.99"}


def plain(order: dict[str, Any]) -> dict[str, int]:
    """Paise."""
    value = Decimal(round(order["average_price"] * 100)) * order["quantity"]
    kind = kind_of(f"{order['exchange']}:{order['tradingsymbol']}")
    options = kind in (Kind.CE, Kind.PE)
    shares = "intraday" if order["product"] == "MIS" else "delivery"
    card = "options" if options else "futures" if kind is Kind.FUT else shares
    buys = order["transaction_type"] == "BUY"
    brokerage = {"delivery": 0, "options": 2_000}.get(card, min(paise(value * Decimal("0.0003")), 2_000))
    exchange = paise(value * Decimal(CRORE_OF[card]) / 10**7)
    ipft, sebi = paise(value * Decimal("0.01") / 10**7), paise(value * 10 / 10**7)
    lines = {
        "brokerage": brokerage,
        "stt": paise(value * Decimal(STT[card][0 if buys else 1]) / 100),
        "exchange": exchange + ipft,
        "sebi": sebi,
        "stamp": paise(value * Decimal(STAMP[card]) / 100) if buys else 0,
        "gst": paise(Decimal(brokerage + exchange + ipft + sebi) * 18 / 100),
    }
    return lines | {"total": sum(lines.values())}


def paise(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
