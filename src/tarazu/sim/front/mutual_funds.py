"""A handful of mutual funds and one investor's dealings in them: enough to read, nothing to trade.

Kite's API cannot place mutual fund orders (Kite v3 "Mutual funds"), so these rows never change within a day. Names and
ISINs are invented (the `INF` prefix is that of Indian funds); NAVs follow the seed.
"""

from datetime import date, timedelta
from typing import Any

from tarazu.sim.dice import Dice
from tarazu.sim.front.ids import uuid_shaped
from tarazu.wire.kite_instruments import MfInstrument

# ISIN, fund house, name, scheme type, NAV in paise around which the seed draws.
FUNDS = (
    ("INF000T01011", "TarazuMF", "Tarazu Large Cap Fund - Direct Plan", "equity", 84_21),
    ("INF000T01029", "TarazuMF", "Tarazu Flexi Cap Fund - Direct Plan", "equity", 61_07),
    ("INF000T01037", "TarazuMF", "Tarazu Nifty 50 Index Fund - Direct Plan", "equity", 23_48),
    ("INF000T01045", "TarazuMF", "Tarazu Liquid Fund - Direct Plan", "liquid", 312_55),
    ("INF000T01052", "TarazuMF", "Tarazu Corporate Bond Fund - Direct Plan", "debt", 41_90),
)
HELD = 3
"""The investor holds the first so many."""
SIPS = 2


def instruments(seed: int, day: date) -> list[MfInstrument]:
    """The funds with the NAV of the day before `day`."""
    dice = Dice(seed)
    return [
        MfInstrument(
            tradingsymbol=isin,
            amc=house,
            name=name,
            scheme_type=scheme,
            settlement_type="T1" if scheme == "liquid" else "T2",
            last_price_paise=nav_paise * dice.between(9_700, 10_300, "nav", isin, day.toordinal()) // 10_000,
            last_price_date=day - timedelta(days=1),
        )
        for isin, house, name, scheme, nav_paise in FUNDS
    ]


def holdings(seed: int, user_id: str, day: date) -> list[dict[str, Any]]:
    """`GET /mf/holdings`."""
    dice = Dice(seed)
    rows = []
    for fund in instruments(seed, day)[:HELD]:
        milliunits = dice.between(50_000, 900_000, "units", user_id, fund.tradingsymbol)
        average_paise = fund.last_price_paise * dice.between(80, 99, "cost", user_id, fund.tradingsymbol) // 100
        rows.append(
            {
                "folio": _folio(dice, user_id, fund.tradingsymbol),
                "fund": fund.name,
                "tradingsymbol": fund.tradingsymbol,
                "average_price": average_paise / 100,
                "last_price": fund.last_price_paise / 100,
                "last_price_date": fund.last_price_date.isoformat(),
                "pledged_quantity": 0,
                "pnl": round((fund.last_price_paise - average_paise) * milliunits / 100_000, 2),
                "quantity": milliunits / 1000,
                "xirr": 0,
                "discrepancy": False,
            }
        )
    return rows


def purchases(seed: int, user_id: str, isin: str, day: date) -> list[dict[str, Any]]:
    """`GET /mf/holdings/{isin}`: the purchases a holding is made of; one here."""
    return [
        {
            "fund": row["fund"],
            "tradingsymbol": isin,
            "folio": row["folio"],
            "variety": "regular",
            "quantity": row["quantity"],
            "price": row["average_price"],
            "date": (day - timedelta(days=90)).isoformat(),
        }
        for row in holdings(seed, user_id, day)
        if row["tradingsymbol"] == isin
    ]


def orders(seed: int, user_id: str, day: date) -> list[dict[str, Any]]:
    """`GET /mf/orders`: last week's purchase of each held fund, complete; the rows Kite keeps for seven days."""
    dice = Dice(seed)
    placed = day - timedelta(days=5)
    return [
        {
            "order_id": uuid_shaped(dice, "mf-order", user_id, row["tradingsymbol"]),
            "exchange_order_id": str(dice.between(10**8, 10**9, "mf-exchange", user_id, row["tradingsymbol"])),
            "tradingsymbol": row["tradingsymbol"],
            "fund": row["fund"],
            "folio": row["folio"],
            "status": "COMPLETE",
            "status_message": None,
            "variety": "regular",
            "purchase_type": "ADDITIONAL",
            "transaction_type": "BUY",
            "amount": 5000.0,
            "quantity": round(5000.0 / row["average_price"], 3),
            "average_price": row["average_price"],
            "last_price": row["last_price"],
            "last_price_date": row["last_price_date"],
            "order_timestamp": f"{placed.isoformat()} 11:04:00",
            "exchange_timestamp": placed.isoformat(),
            "settlement_id": f"{placed:%y%m%d}0001",
            "placed_by": user_id,
            "tag": None,
        }
        for row in holdings(seed, user_id, day)
    ]


def sips(seed: int, user_id: str, day: date) -> list[dict[str, Any]]:
    """`GET /mf/sips`."""
    dice = Dice(seed)
    first = day.replace(day=1)
    return [
        {
            "sip_id": str(dice.between(10**14, 10**15, "sip", user_id, fund.tradingsymbol)),
            "tradingsymbol": fund.tradingsymbol,
            "fund": fund.name,
            "dividend_type": fund.dividend_type,
            "transaction_type": "BUY",
            "status": "ACTIVE",
            "sip_type": "sip",
            "created": f"{(first - timedelta(days=200)).isoformat()} 10:00:00",
            "frequency": "monthly",
            "instalment_amount": 2000,
            "instalment_day": 5,
            "instalments": -1,
            "completed_instalments": 6,
            "pending_instalments": -1,
            "last_instalment": f"{first.isoformat()} 10:00:00",
            "next_instalment": (first + timedelta(days=35)).replace(day=5).isoformat(),
            "trigger_price": 0,
            "step_up": {},
            "tag": None,
        }
        for fund in instruments(seed, day)[:SIPS]
    ]


def _folio(dice: Dice, user_id: str, isin: str) -> str:
    return f"{dice.between(10**9, 10**10 - 1, 'folio', user_id, isin)}/{isin[-2:]}"
