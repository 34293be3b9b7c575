"""The words of an order, spelled as Kite's parameters spell them. Kite's statuses live in `wire.kite_orders`."""

from enum import StrEnum


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"

    sign: int
    """1 to buy, -1 to sell."""

    def __init__(self, word: str) -> None:
        self.sign = 1 if word == "BUY" else -1  # kept: it is asked for thousands of times a second

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self.sign > 0 else Side.BUY


class OrdType(StrEnum):
    LIMIT = "LIMIT"
    MARKET = "MARKET"
    SL = "SL"
    SL_M = "SL-M"

    is_stop: bool

    def __init__(self, word: str) -> None:
        self.is_stop = word in ("SL", "SL-M")


class Product(StrEnum):
    CNC = "CNC"
    NRML = "NRML"
    MIS = "MIS"
    MTF = "MTF"
    CO = "CO"


class Validity(StrEnum):
    DAY = "DAY"
    IOC = "IOC"
    TTL = "TTL"


class Variety(StrEnum):
    REGULAR = "regular"
    AMO = "amo"
    CO = "co"
    ICEBERG = "iceberg"
    AUCTION = "auction"
