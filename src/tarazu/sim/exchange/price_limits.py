"""Which prices an instrument may be ordered at now: its band, its LPP range, its closing price."""

from tarazu.model.calendar import Phase
from tarazu.model.order import Side
from tarazu.model.units import SECOND_NS
from tarazu.sim.exchange import guards
from tarazu.sim.exchange.auction import interest_bids, uncross
from tarazu.sim.exchange.floor import Floor
from tarazu.sim.exchange.overlay import Overlay
from tarazu.sim.exchange.timetable import CLOSING_ENTRY

NO_BAND = (0, 0)


class PriceLimits:
    """Of one instrument. Prices in paise."""

    def __init__(self, floor: Floor, index: int, overlay: Overlay) -> None:
        self._floor = floor
        self._index = index
        self._instrument = floor.instrument(index)
        self._overlay = overlay
        self.auction_close_paise = 0
        """What the closing auction found, once it has."""

    def last(self) -> int:
        """Last traded price; yesterday's close before the first trade."""
        return self._overlay.ltp_paise or self._overlay.close_paise

    def band(self, phase: Phase) -> tuple[int, int]:
        """The day's band; in the closing auction a share of the reference price, rounded inwards to the tick."""
        rules = self._floor.rules
        if not rules.price_bands:
            return NO_BAND
        if phase not in CLOSING_ENTRY:
            low, high = (int(p) for p in self._floor.market.bands[self._index])
            return low, high
        reference = self._floor.market.auction_interest(self._index, closing=True).reference_paise
        away = int(reference * rules.cas_band_pct / 100)
        tick = self._instrument.tick_size_paise
        return -(-(reference - away) // tick) * tick, (reference + away) // tick * tick

    def protected(self, now_ns: int) -> tuple[int, int] | None:
        """The LPP range. Reference: mean of the last window's trades, else the LTP; long untraded, a theoretical price.

        The market prices its ladder from a model, so the middle of the ladder is our theoretical price.
        """
        lpp = self._floor.rules.limit_price_protection
        if lpp is None or not self._instrument.is_derivative:
            return None
        reference = self._floor.tape.mean_paise(self._index) or self.last()
        if self._floor.tape.untraded_ns(self._index, now_ns) > lpp.untraded_after_s * SECOND_NS:
            bids, asks = self._overlay.ladder(Side.BUY), self._overlay.ladder(Side.SELL)
            reference = (bids[0][0] + asks[0][0]) // 2 if bids and asks else self.last()
        return guards.lpp_range(lpp, self._instrument, self._floor.is_on_index(self._index), reference)

    def closing(self) -> int:
        """The closing auction's price; without an auction the volume-weighted price that is its reference.

        SEBI HO/47/11/11(3)2025-MRD-POD2/I/2765/2026, 4.1: shares without derivatives close at the last half hour's.
        """
        if self.auction_close_paise:
            return self.auction_close_paise
        interest = self._floor.market.auction_interest(self._index, closing=True)
        if not self._floor.has_closing_auction(self._index):
            return interest.reference_paise or self.last()
        outcome = uncross(interest_bids(interest), interest.reference_paise, market_first=True)
        return outcome.price_paise or interest.reference_paise
