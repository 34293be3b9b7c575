"""What all pits of a day share: the market, the rules, the tape, and the numbers the exchange gives out."""

from tarazu.model.calendar import Phase, Venue, venue_of
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.rules import RuleBook
from tarazu.sim.dice import Dice
from tarazu.sim.exchange.tape import Tape
from tarazu.sim.market import Market

LPP_WINDOW_S = 30  # also the window of the tape when a profile has no LPP


class Floor:
    def __init__(self, market: Market, rules: RuleBook, seed: int) -> None:
        self.market = market
        self.rules = rules
        lpp = rules.limit_price_protection
        self.tape = Tape(market, lpp.reference_window_s if lpp else LPP_WINDOW_S)
        day = market.session.day.toordinal()
        dice = Dice(seed)
        self._order_no = dice.between(1, 999_999, "exchange_order_id", day)
        self._trade_no = dice.between(10_000_000, 89_999_999, "trade_id", day)
        self._priority = 0

    def instrument(self, index: int) -> Instrument:
        return self.market.universe.instruments[index]

    def venue(self, index: int) -> Venue:
        return venue_of(self.instrument(index))

    def has_closing_auction(self, index: int) -> bool:
        return self.market.session.window(self.venue(index), Phase.CAS) is not None

    def is_on_index(self, index: int) -> bool:
        """Whether the derivative's underlying is an index."""
        return self.instrument(int(self.market.universe.underlying_index[index])).kind is Kind.INDEX

    def exchange_order_id(self, index: int) -> str:
        """16 digits: 1, the segment byte, a running number. KITE.md 1.5."""
        self._order_no += 1
        return f"1{self.instrument(index).instrument_token & 0xF:x}{self._order_no:014d}"

    def trade_id(self) -> str:
        """Unique in the day; both sides of a trade carry the same."""
        self._trade_no += 1
        return str(self._trade_no)

    def priority(self) -> int:
        self._priority += 1
        return self._priority
