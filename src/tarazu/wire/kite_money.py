"""Kite's rows about money: charges, margins, funds, positions, holdings. Rupees as floats here and nowhere else.

Kite v3 "Portfolio", "Margin calculation", "User: funds and margins". `msgspec.json.encode` gives the JSON objects.
"""

from typing import Any

import msgspec


class GstRow(msgspec.Struct, kw_only=True):
    igst: float = 0.0
    cgst: float = 0.0
    sgst: float = 0.0
    total: float = 0.0


class ChargesRow(msgspec.Struct, kw_only=True):
    """One order's charges; `exchange_turnover_charge` carries the investor-protection levy too."""

    transaction_tax: float = 0.0
    transaction_tax_type: str = "stt"
    exchange_turnover_charge: float = 0.0
    sebi_turnover_charge: float = 0.0
    brokerage: float = 0.0
    stamp_duty: float = 0.0
    gst: GstRow = msgspec.field(default_factory=GstRow)
    total: float = 0.0


class PnlRow(msgspec.Struct, kw_only=True):
    realised: float = 0.0
    unrealised: float = 0.0


class OrderMargin(msgspec.Struct, kw_only=True):
    """`POST /margins/orders`; with empty names also the `initial` and `final` of a basket."""

    type: str = "equity"
    tradingsymbol: str = ""
    exchange: str = ""
    span: float = 0.0
    exposure: float = 0.0
    option_premium: float = 0.0
    additional: float = 0.0
    bo: float = 0.0
    cash: float = 0.0
    var: float = 0.0
    pnl: PnlRow = msgspec.field(default_factory=PnlRow)
    leverage: float = 1.0
    charges: ChargesRow = msgspec.field(default_factory=ChargesRow)
    total: float = 0.0


class BasketMargin(msgspec.Struct, kw_only=True):
    initial: OrderMargin
    final: OrderMargin
    orders: list[OrderMargin]
    charges: ChargesRow


class ContractNoteRow(msgspec.Struct, kw_only=True):
    """`POST /charges/orders`."""

    transaction_type: str
    tradingsymbol: str
    exchange: str
    variety: str
    product: str
    order_type: str
    quantity: int
    price: float
    charges: ChargesRow


class AvailableRow(msgspec.Struct, kw_only=True):
    adhoc_margin: float = 0.0
    cash: float = 0.0
    opening_balance: float = 0.0
    live_balance: float = 0.0
    collateral: float = 0.0
    intraday_payin: float = 0.0


class UtilisedRow(msgspec.Struct, kw_only=True):
    debits: float = 0.0
    exposure: float = 0.0
    m2m_realised: float = 0.0
    m2m_unrealised: float = 0.0
    option_premium: float = 0.0
    payout: float = 0.0
    span: float = 0.0
    holding_sales: float = 0.0
    turnover: float = 0.0
    liquid_collateral: float = 0.0
    stock_collateral: float = 0.0
    delivery: float = 0.0


class Funds(msgspec.Struct, kw_only=True):
    """`GET /user/margins/{segment}`."""

    enabled: bool = True
    net: float = 0.0
    available: AvailableRow = msgspec.field(default_factory=AvailableRow)
    utilised: UtilisedRow = msgspec.field(default_factory=UtilisedRow)


class PositionRow(msgspec.Struct, kw_only=True):
    """`GET /portfolio/positions`: an element of `net` and of `day`."""

    tradingsymbol: str
    exchange: str
    instrument_token: int
    product: str
    quantity: int
    overnight_quantity: int
    multiplier: int
    average_price: float
    close_price: float
    last_price: float
    value: float
    pnl: float
    m2m: float
    unrealised: float
    realised: float
    buy_quantity: int
    buy_price: float
    buy_value: float
    buy_m2m: float
    sell_quantity: int
    sell_price: float
    sell_value: float
    sell_m2m: float
    day_buy_quantity: int
    day_buy_price: float
    day_buy_value: float
    day_sell_quantity: int
    day_sell_price: float
    day_sell_value: float


class PositionsData(msgspec.Struct, kw_only=True):
    net: list[PositionRow]
    day: list[PositionRow]


class MtfRow(msgspec.Struct, kw_only=True):
    quantity: int = 0
    used_quantity: int = 0
    average_price: float = 0.0
    value: float = 0.0
    initial_margin: float = 0.0


class HoldingRow(msgspec.Struct, kw_only=True):
    """`GET /portfolio/holdings`."""

    tradingsymbol: str
    exchange: str
    instrument_token: int
    isin: str
    product: str = "CNC"
    price: float = 0.0
    quantity: int
    used_quantity: int
    t1_quantity: int
    realised_quantity: int
    authorised_quantity: int
    authorised_date: str
    authorisation: dict[str, Any] = {}
    opening_quantity: int
    short_quantity: int = 0
    collateral_quantity: int = 0
    collateral_type: str = ""
    discrepancy: bool = False
    average_price: float
    last_price: float
    close_price: float
    pnl: float
    day_change: float
    day_change_percentage: float
    mtf: MtfRow = msgspec.field(default_factory=MtfRow)
