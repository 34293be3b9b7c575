"""Prices that walk, and what the engine may see of them."""

from collections.abc import Mapping
from random import Random

from tarazu.market.touch import Touch
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind

LOT = 75


def instruments() -> dict[str, Instrument]:
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

    def __init__(self, seed: int, listed: Mapping[str, Instrument]) -> None:
        self._dice = Random(f"market {seed}")
        self._listed = listed
        self.sequence = 0
        self.last = {key: each.tick_size_paise * self._dice.randint(1_500, 4_000) for key, each in listed.items()}
        self.first = dict(self.last)
        self._touches: dict[str, Touch] = {}
        self._changed: tuple[str, ...] = ()

    def step(self, wall_ns: int) -> None:
        """Some of the prices move, most a little, one now and then a lot."""
        changed = []
        for key, each in self._listed.items():
            if self._dice.random() < 0.2:
                continue
            tick = each.tick_size_paise
            far = 40 if self._dice.random() < 0.04 else 6
            last = max(self.last[key] + tick * self._dice.randint(-far, far), 200 * tick)
            self.last[key] = last
            self._touches[key] = Touch(
                bid_paise=last - tick,
                bid_qty=10_000,
                ask_paise=last + tick,
                ask_qty=10_000,
                last_paise=last,
                seen_ns=wall_ns,
            )
            changed.append(key)
        self._changed = tuple(changed)
        self.sequence += 1

    def touch(self, key: str) -> Touch | None:
        return self._touches.get(key)

    def changed(self) -> tuple[str, ...]:
        return self._changed

    def band(self, key: str) -> tuple[int, int]:
        return self.first[key] // 4, self.first[key] * 3
