"""A desk with positions to be left, and a market that quotes them."""

from collections.abc import Iterable, Sequence

import msgspec

from harness.engine_desk import BUY, CONFIG, NIFTY_CALL, EngineDesk, PaperQuotes
from harness.order_story import KEY
from tarazu.engine import messages as m
from tarazu.engine.acts import Act, EndExit, Step
from tarazu.engine.strategies import MakeStrategies
from tarazu.market.touch import Touch
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import OrdType, Product
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.orders.throttle import SendLimits
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.strategy.wants import ExitWant

LEAVE = ExitWant(strategy="story", key=KEY, product=Product.NRML)


def option(symbol: str, token: int, underlying: str = "NSE:NIFTY 50") -> Instrument:
    return msgspec.structs.replace(
        NIFTY_CALL,
        instrument_token=InstrumentToken(token << 8 | 2),
        tradingsymbol=TradingSymbol(symbol),
        underlying=underlying,
    )


PUT = option("NIFTY26NOV26000PE", 1002)
STOCK_CALL = option("INFY26NOV1500CE", 1003, underlying="NSE:INFY")
INFY = Instrument(
    instrument_token=InstrumentToken(408065),
    exchange=Exchange.NSE,
    tradingsymbol=TradingSymbol("INFY"),
    name="INFOSYS",
    kind=Kind.EQ,
    segment="NSE",
)


class LeavingDesk(EngineDesk):
    def __init__(
        self,
        *,
        carried: Iterable[tuple[Instrument, int]] = (),
        instruments: Sequence[Instrument] = (NIFTY_CALL, PUT, STOCK_CALL, INFY),
        limits: SendLimits = CONFIG.limits,
        make_strategies: MakeStrategies = lambda config: (),
    ) -> None:
        qty_max = {instrument.key: 100_000 for instrument in instruments}
        super().__init__(msgspec.structs.replace(CONFIG, limits=limits, qty_max=qty_max), instruments, make_strategies)
        self.positions = [
            BrokerPosition(key=instrument.key, product=Product.NRML, qty=qty, overnight_qty=qty, close_paise=10_000)
            for instrument, qty in carried
        ]
        self.ready()

    # The market.

    def quote(self, bid: int | None, ask: int | None, key: str = KEY) -> None:
        """Seen now; `moved` is what tells of it."""
        assert isinstance(self.quotes, PaperQuotes)
        touch = Touch(bid_paise=bid, bid_qty=75, ask_paise=ask, ask_qty=75, last_paise=bid, seen_ns=self.wall_ns)
        self.quotes.touches[key] = touch

    def moved(self, key: str = KEY) -> Step:
        assert isinstance(self.quotes, PaperQuotes)
        self.quotes.news = (key,)
        return self.tell(m.MarketMoved(sequence=len(self.steps)), after_s=0.001)

    # Positions and the wish to leave them.

    def bought(self, order_id: str = "1", qty: int = 75) -> str:
        """An entry, filled; its stop is sent by then."""
        self.want(msgspec.structs.replace(BUY, qty=qty))
        tag = self.placed(order_id)
        self.filled(order_id, qty)
        return tag

    def stopped(self, order_id: str = "2") -> str:
        """The stop that was sent last rests."""
        return self.placed(order_id, order_type=OrdType.SL)

    def command(self, order: m.Order) -> Step:
        return self.tell(m.Commanded(order=order, who="op", why="test", incident="T-1"), after_s=0.01)

    def positions_read(self, after_s: float = 0.01) -> Step:
        """A read that begins now."""
        self.now_ns += round(after_s * 1_000_000_000)
        self.wall_ns += round(after_s * 1_000_000_000)
        return self.read(m.What.POSITIONS)

    def live(self, seconds: int) -> None:
        """Seconds pass, and every read that is asked for is answered within its second."""
        for _ in range(seconds):
            self.second()
            self.reads()

    def acts(self, kind: type[Act]) -> list[Act]:
        return [act for step in self.steps for act in step.acts if isinstance(act, kind)]


def told(step: Step) -> str:
    """What goes out with a step: `SELL 75 MARKET`, `turn 2 LIMIT 9500`, `cancel 3`."""
    words: list[str] = []
    for out in step.outputs:
        match out:
            case SendOrder(order=order):
                price = f" {order.price_paise}" if order.price_paise else ""
                words.append(f"{order.side} {order.qty} {order.order_type}{price}")
            case ModifyOrder(change=change):
                qty = f" {change.qty}" if change.qty else ""
                kind = f" {change.order_type}" if change.order_type else ""
                words.append(f"turn {change.order_id}{qty}{kind} {change.price_paise}")
            case CancelOrder(cancellation=wanted):
                words.append(f"cancel {wanted.order_id}")
    return "; ".join(words)


def leave_of(key: str) -> ExitWant:
    return msgspec.structs.replace(LEAVE, key=key)


def left(desk: LeavingDesk) -> list[str]:
    """The places whose leaving has ended, and how."""
    return [f"{act.key} {act.how}" for act in desk.acts(EndExit) if isinstance(act, EndExit)]
