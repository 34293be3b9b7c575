"""Prices that walk, and what the engine may see of them."""

from collections.abc import Mapping
from datetime import date
from random import Random

from tarazu.dst.moments import Moments
from tarazu.market.touch import Touch
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind

LOT = 75
INDEX, INDEX_PAISE, EXPIRY = "NSE:NIFTY 50", 2_600_000, date(2026, 11, 26)
"""The index stands still: the forward is of the options, by parity."""


def instruments(expiry: date = EXPIRY) -> dict[str, Instrument]:
    """Two options, one of them with a freeze quantity low enough to be sliced, and a share."""
    call = Instrument(
        instrument_token=InstrumentToken(1001 << 8 | 2),
        exchange=Exchange.NFO,
        tradingsymbol=TradingSymbol("NIFTY26NOV26000CE"),
        name="NIFTY",
        kind=Kind.CE,
        segment="NFO-OPT",
        lot_size=LOT,
        freeze_qty=1_800,
        expiry=expiry,
        strike_paise=2_600_000,
        underlying=INDEX,
    )
    put = Instrument(
        instrument_token=InstrumentToken(1002 << 8 | 2),
        exchange=Exchange.NFO,
        tradingsymbol=TradingSymbol("NIFTY26NOV26000PE"),
        name="NIFTY",
        kind=Kind.PE,
        segment="NFO-OPT",
        lot_size=LOT,
        freeze_qty=2 * LOT,
        expiry=expiry,
        strike_paise=2_600_000,
        underlying=INDEX,
    )
    share = Instrument(
        instrument_token=InstrumentToken(408065 << 8 | 1),
        exchange=Exchange.NSE,
        tradingsymbol=TradingSymbol("INFY"),
        name="INFOSYS",
        kind=Kind.EQ,
        segment="NSE",
        tick_size_paise=10,
    )
    return {each.key: each for each in (call, put, share)}


class SimMarket:
    """`tarazu.market.touch.Quotes`: what is seen changes only in `step`."""

    def __init__(self, seed: int, listed: Mapping[str, Instrument], late: str = "") -> None:
        self._dice = Random(f"market {seed}")
        self._listed = listed
        self.sequence = 0
        self.last = {key: each.tick_size_paise * self._dice.randint(1_500, 4_000) for key, each in listed.items()}
        self.first = dict(self.last)
        self._touches: dict[str, Touch] = {}
        self._changed: tuple[str, ...] = ()
        self._still = StillMarket({})
        self.moments = Moments(seed, listed, late)
        self.before = dict(self.last), dict(self._touches)
        """Last prices and touches a step ago."""
        self.is_frozen = False
        """Prices move, and nobody sees it."""

    def step(self, wall_ns: int) -> None:
        """Some of the prices move, most a little, one now and then a lot."""
        changed = []
        self.before = dict(self.last), dict(self._touches)
        for key, each in self._listed.items():
            if self._dice.random() < 0.2:
                continue
            tick = each.tick_size_paise
            far = 40 if self._dice.random() < 0.04 else 6
            move = self.moments.jump(self._dice.randint(-far, far))
            low, high = self.band(key)
            last = max(self.last[key] + tick * move, low * 3 // 2 // tick * tick)
            last = self.last[key] = min(last, high * 2 // 3 // tick * tick)
            if self.is_frozen or not self.moments.is_quoted(key, self.sequence):
                continue
            touch = Touch(
                bid_paise=last - tick,
                bid_qty=10_000,
                ask_paise=last + tick,
                ask_qty=10_000,
                last_paise=last,
                seen_ns=wall_ns,
            )
            self._touches[key] = self.moments.seen(touch, tick)
            changed.append(key)
        self._changed = tuple(changed)
        self.sequence += 1
        self._still = StillMarket({key: touch.middle_paise for key, touch in self._touches.items()})

    def touch(self, key: str) -> Touch | None:
        return self._touches.get(key)

    def changed(self) -> tuple[str, ...]:
        return self._changed

    def still(self) -> "StillMarket":
        return self._still

    def band(self, key: str) -> tuple[int, int]:
        return self.first[key] // 4, self.first[key] * 3


class StillMarket:
    """`tarazu.market.touch.Middles`."""

    def __init__(self, middles: Mapping[str, float | None]) -> None:
        self._middles = middles

    def middle(self, key: str) -> float | None:
        return self._middles.get(key)
