"""A desk of paper with a small NIFTY chain, a future and a share, priced by Black-76: NIFTY 26,000, volatility 15 %.

desk = PortfolioDesk(scenario_loss_max_paise=100_000_00).ready()
desk.hold(FUTURE, 65)
desk.asks(CALLS[26_000], -65) -> ["SCENARIO"]
"""

from datetime import date
from typing import Any

import msgspec

from harness.engine_desk import CONFIG, EngineDesk, PaperQuotes, touch
from harness.limits import WIDE
from tarazu.engine import messages as m
from tarazu.engine.acts import Deny, Step
from tarazu.market import black76
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import OrdType, Product, Side
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.risk.denial import Denial
from tarazu.risk.greeks import years_left
from tarazu.strategy.wants import EntryWant, LegWant, SpreadWant, Want

EXPIRY = date(2026, 12, 1)
NIFTY, LOT, SPOT_PAISE, SIGMA = "NSE:NIFTY 50", 65, 26_000_00, 0.15


def _listed(symbol: str, kind: Kind, token: int, strike: int = 0) -> Instrument:
    return Instrument(
        instrument_token=InstrumentToken(token << 8 | 2),
        exchange=Exchange.NFO,
        tradingsymbol=TradingSymbol(symbol),
        name="NIFTY",
        kind=kind,
        segment="NFO-OPT" if strike else "NFO-FUT",
        lot_size=LOT,
        freeze_qty=1_800,
        expiry=EXPIRY,
        strike_paise=strike * 100,
        underlying=NIFTY,
    )


STRIKES = range(25_000, 27_001, 100)
CALLS = {k: _listed(f"NIFTY26D01{k}CE", Kind.CE, 2_000 + n, k) for n, k in enumerate(STRIKES)}
PUTS = {k: _listed(f"NIFTY26D01{k}PE", Kind.PE, 3_000 + n, k) for n, k in enumerate(STRIKES)}
FUTURE = _listed("NIFTY26DECFUT", Kind.FUT, 4_000)
SHARE = Instrument(
    instrument_token=InstrumentToken(408065),
    exchange=Exchange.NSE,
    tradingsymbol=TradingSymbol("INFY"),
    name="INFOSYS",
    kind=Kind.EQ,
    segment="NSE",
)
LISTED = (*CALLS.values(), *PUTS.values(), FUTURE, SHARE)


class PortfolioDesk(EngineDesk):
    def __init__(self, listed: tuple[Instrument, ...] = LISTED, **limits: Any) -> None:
        risk = msgspec.structs.replace(WIDE, **limits)
        config = msgspec.structs.replace(CONFIG, risk=risk, qty_max_default=100_000, stop_required=False)
        super().__init__(config, listed)
        self._refs = 0
        self.quote()

    def quote(self, spot_paise: int = SPOT_PAISE, sigma: float = SIGMA) -> None:
        """Everything there is, around what it is worth."""
        for one in self.instruments.values():
            if one.is_option:
                self.at(one, self.worth_paise(one, spot_paise, sigma))
        self.at(FUTURE, spot_paise)
        self.at(SHARE, 1_500_00)
        assert isinstance(self.quotes, PaperQuotes)
        self.quotes.touches[NIFTY] = touch(None, None, spot_paise)

    def worth_paise(self, one: Instrument, spot_paise: int, sigma: float) -> float:
        years = years_left(EXPIRY, self.wall_ns)
        return float(black76.price(one.kind is Kind.CE, spot_paise, one.strike_paise, sigma, years, 1.0))

    def at(self, one: Instrument, price_paise: float) -> None:
        tick = one.tick_size_paise
        middle = max(round(price_paise / tick), 2) * tick
        self._touches()[one.key] = touch(middle - tick, middle + tick, middle)

    def unquote(self, *ones: Instrument) -> None:
        for one in ones:
            self._touches().pop(one.key, None)

    def _touches(self) -> dict[str, Any]:
        assert isinstance(self.quotes, PaperQuotes)
        return self.quotes.touches

    def middle(self, one: Instrument) -> int:
        found = self.quotes.touch(one.key)
        assert found is not None and found.last_paise is not None
        return found.last_paise

    # Positions and wants.

    def carried(self, *held: tuple[Instrument, int], product: Product = Product.NRML) -> "PortfolioDesk":
        """Positions from before the day; then it is ready."""
        self.positions += [
            BrokerPosition(key=one.key, product=product, qty=qty, overnight_qty=qty, close_paise=self.middle(one))
            for one, qty in held
        ]
        self.ready()
        return self

    def entry(self, one: Instrument, qty: int, price_paise: int | None = None, **told: Any) -> EntryWant:
        side = Side.BUY if qty > 0 else Side.SELL
        price = self.middle(one) if price_paise is None else price_paise
        want = EntryWant(
            strategy="story", key=one.key, side=side, qty=abs(qty), product=Product.NRML, price_paise=price
        )
        return msgspec.structs.replace(want, **told)

    def at_market(self, one: Instrument, qty: int) -> EntryWant:
        return self.entry(one, qty, order_type=OrdType.MARKET, price_paise=None)

    def spread(self, hedge: tuple[Instrument, int], main: tuple[Instrument, int]) -> SpreadWant:
        legs = [
            LegWant(
                name=name, key=one.key, side=Side.BUY if qty > 0 else Side.SELL, per_set=abs(qty),
                price_paise=self.middle(one),
            )
            for name, (one, qty) in (("hedge", hedge), ("main", main))
        ]  # fmt: skip
        return SpreadWant(strategy="story", product=Product.NRML, sets=1, hedges=(legs[0],), mains=(legs[1],))

    def denials(self, want: Want) -> list[Denial]:
        return denials_in(self.want(want))

    def asks(self, one: Instrument, qty: int, price_paise: int | None = None) -> list[str]:
        """The codes of the denials; empty when the order went out."""
        return [denial.code for denial in self.denials(self.entry(one, qty, price_paise))]

    def bought(self, one: Instrument, qty: int) -> None:
        """Sent, accepted, and filled whole; the funds are not read meanwhile."""
        order_id = self.worked(one, qty)
        self.filled(order_id, abs(qty), self.middle(one))

    def worked(self, one: Instrument, qty: int) -> str:
        """Sent, and working at the broker; its order id."""
        assert not self.asks(one, qty)
        self._refs += 1
        self.placed(f"{self._refs}")
        return f"{self._refs}"

    def funds(self, rupees: int, **told: Any) -> Step:
        self.now_ns += 1
        told.setdefault("started_ns", self.now_ns)
        return self.tell(m.MarginsRead(available_paise=rupees * 100, used_paise=0, **told))


def denials_in(step: Step) -> list[Denial]:
    return [denial for act in step.acts if isinstance(act, Deny) for denial in act.denials]
