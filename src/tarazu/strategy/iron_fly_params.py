"""What an iron fly may be told, with units and bounds."""

from typing import Annotated

import msgspec

from tarazu.strategy.params import Name, Traded, param


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name = "iron_fly"
    index: Annotated[str, param("", "Key of the index.")] = "NSE:NIFTY 50"
    contracts: Annotated[str, param("", "What its contracts are called.")] = "NIFTY"
    product: Traded = "NRML"
    expiry_days_min: Annotated[int, param("days", "The nearest expiry so far away; 0: today's too.", ge=0, le=30)] = 1
    from_minutes: Annotated[int, param("minutes", "Not entered sooner after the open.", ge=0, le=300)] = 30
    until_minutes: Annotated[int, param("minutes", "Nor later.", ge=1, le=360)] = 240
    wing_strikes: Annotated[int, param("strikes", "From the body to each wing.", ge=2, le=40)] = 8
    credit_share_min: Annotated[float, param("of the wing", "A smaller credit is passed.", gt=0, lt=1)] = 0.3
    leg_spread_bps_max: Annotated[float, param("bps", "A wider market in a leg is passed.", ge=1, le=5_000)] = 500
    cross_ticks: Annotated[int, param("ticks", "Each limit is so far through the touch.", ge=0, le=100)] = 4
    risk_rupees: Annotated[float, param("₹", "What a fly may lose, less the day's loss.", gt=0, le=1e8)] = 25_000
    lots_max: Annotated[int, param("lots", "However small its loss.", ge=1, le=100)] = 5
    stop_multiple: Annotated[float, param("times the credit", "Lost so much by a fly: left.", gt=0, le=5)] = 0.6
    target_share: Annotated[float, param("of the credit", "Won so much by a fly: left.", gt=0, lt=1)] = 0.4
    adjust_share: Annotated[float, param("of the wing", "So far from the body it is sold anew.", gt=0, le=1)] = 0.6
    adjustments_max: Annotated[int, param("times", "A day.", ge=0, le=5)] = 1
    band_lots: Annotated[float, param("lots", "Net delta beyond it is hedged.", ge=0.5, le=50)] = 0.6
    hedge_seconds: Annotated[int, param("s", "Between two hedges at the least.", ge=1, le=3_600)] = 60
    entry_seconds: Annotated[int, param("s", "A hedge that rests so long is taken back.", ge=1, le=600)] = 20
    hedges_max: Annotated[int, param("orders", "A day; 0: the future is not used.", ge=0, le=200)] = 20
    hedge_stop_bps: Annotated[float, param("bps", "How far the future's stop rests.", ge=20, le=1_000)] = 200
    flat_minutes: Annotated[int, param("minutes", "Flat so long before the close.", ge=1, le=120)] = 20
    retry_seconds: Annotated[int, param("s", "Between two tries of what was not taken.", ge=1, le=3_600)] = 60

    def __post_init__(self) -> None:
        if self.from_minutes >= self.until_minutes:
            raise ValueError("from_minutes is to be below until_minutes")
