"""Identities, typed so that one cannot be passed for another."""

from typing import NewType

InstrumentToken = NewType("InstrumentToken", int)
"""Kite's number for an instrument: `exchange_token << 8 | segment byte`. Reused after expiry: key on day too."""

TradingSymbol = NewType("TradingSymbol", str)
"""The exchange's name of an instrument, e.g. `NIFTY26NOV26000CE`. Unique per exchange and day."""

BrokerOrderId = NewType("BrokerOrderId", str)
"""Kite's `order_id` (FIX 37): a decimal number sent as text."""

UserId = NewType("UserId", str)
"""A broker account, e.g. `TZ0001`."""
