"""The peer: nautilus_trader's backtest over the same quotes, an EMA crossover of the same instrument. A program of its
own, for its own virtual environment: `python peer.py QUOTES.npz` prints what it took, as JSON.

Its strategy is asked for the one instrument's quotes alone, as ours is; quotes of all the others pass its engine too.
Making its objects and adding them to its engine is not counted.
"""

import json
import sys
import time
from decimal import Decimal

import nautilus_trader
import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import ExponentialMovingAverage
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, PriceType, TimeInForce
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TraderId, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

VENUE = Venue("NSE")


class CrossingConfig(StrategyConfig, frozen=True):
    instrument_id: InstrumentId
    fast: int
    slow: int
    qty: int


class Crossing(Strategy):
    """Long while the fast average is above the slow one, flat while it is below."""

    def __init__(self, config: CrossingConfig) -> None:
        super().__init__(config)
        self.fast = ExponentialMovingAverage(config.fast, PriceType.MID)
        self.slow = ExponentialMovingAverage(config.slow, PriceType.MID)
        self.orders = 0

    def on_start(self) -> None:
        self.register_indicator_for_quote_ticks(self.config.instrument_id, self.fast)
        self.register_indicator_for_quote_ticks(self.config.instrument_id, self.slow)
        self.subscribe_quote_ticks(self.config.instrument_id)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        above, flat = self.fast.value > self.slow.value, self.portfolio.is_flat(self.config.instrument_id)
        if above is flat:
            order = self.order_factory.market(
                instrument_id=self.config.instrument_id,
                order_side=OrderSide.BUY if above else OrderSide.SELL,
                quantity=Quantity.from_int(self.config.qty),
                time_in_force=TimeInForce.IOC,
            )
            self.orders += 1
            self.submit_order(order)


def main(path: str) -> None:
    told = np.load(path)
    engine = BacktestEngine(
        BacktestEngineConfig(trader_id=TraderId("BENCH-001"), logging=LoggingConfig(log_level="OFF"))
    )
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.MARGIN, [Money(1_000_000_000, USD)], base_currency=USD)
    names = [InstrumentId(Symbol(str(token)), VENUE) for token in told["tokens"].tolist()]
    ticks: list[QuoteTick] = []
    for place, name in enumerate(names):
        engine.add_instrument(_equity(name))
        seen = (told["bid"][:, place] > 0) & (told["ask"][:, place] > 0)
        ticks += _quotes(name, told, place, seen)
    engine.add_data(ticks)
    config = CrossingConfig(
        instrument_id=names[int(told["traded"])], fast=int(told["fast"]), slow=int(told["slow"]), qty=int(told["qty"])
    )
    strategy = Crossing(config)
    engine.add_strategy(strategy)
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    engine.run()
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    said = {"ticks": len(ticks), "cpu_s": cpu_s, "wall_s": wall_s, "orders": strategy.orders}
    print(json.dumps({"version": nautilus_trader.__version__, **said}))
    engine.dispose()


def _equity(name: InstrumentId) -> Equity:
    return Equity(
        instrument_id=name,
        raw_symbol=name.symbol,
        currency=USD,
        price_precision=2,
        price_increment=Price.from_str("0.01"),
        lot_size=Quantity.from_int(1),
        ts_event=0,
        ts_init=0,
        margin_init=Decimal("0.1"),
        margin_maint=Decimal("0.1"),
    )


def _quotes(name: InstrumentId, told, place: int, seen) -> list[QuoteTick]:
    prices = (told["bid"][seen, place] / 100.0, told["ask"][seen, place] / 100.0)
    sizes = (told["bid_qty"][seen, place].astype(np.float64), told["ask_qty"][seen, place].astype(np.float64))
    at_ns = told["at_ns"][seen].astype(np.uint64)
    return [
        QuoteTick(name, Price(bid, 2), Price(ask, 2), Quantity(b, 0), Quantity(a, 0), ts, ts)
        for bid, ask, b, a, ts in zip(*map(np.ndarray.tolist, (*prices, *sizes, at_ns)), strict=True)
    ]


if __name__ == "__main__":
    main(sys.argv[1])
