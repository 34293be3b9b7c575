"""The faults that strike the market as a whole, asked before each of its steps."""

from tarazu.model.instrument import Kind
from tarazu.sim.broker.desk import Desk
from tarazu.sim.broker.lifecycle import Lifecycle
from tarazu.sim.exchange.exchange import Exchange
from tarazu.sim.faults import Fault


class MarketFaults:
    """Halt, jump and slide strike once, or as often as the fault's count says; a freeze lasts while it is armed."""

    def __init__(self, desk: Desk, lifecycle: Lifecycle) -> None:
        self._desk, self._lifecycle = desk, lifecycle
        self._frozen: Exchange | None = None

    def strike(self) -> None:
        desk, exchange = self._desk, self._desk.exchange
        if not desk.faults.armed() and self._frozen is None:
            return
        freezes = desk.faults.watching("market.freeze", desk.now_ns) is not None
        if freezes != (self._frozen is exchange):
            exchange.freeze(freezes)
            self._frozen = exchange if freezes else None
        if halt := self._once("market.halt"):
            exchange.halt(desk.now_ns, round(halt.number("minutes")))
        if jump := self._once("market.jump"):
            exchange.jump(jump.number("pct"))
        if slide := self._once("market.band_slide"):
            self._slide(slide)

    def _once(self, kind: str) -> Fault | None:
        """The market has no name of its own, so a fault's match chooses among instruments, not whether it strikes."""
        now_ns = self._desk.now_ns
        for fault in self._desk.faults.armed():
            if fault.kind == kind and fault.live_at(now_ns) and (fault.count is not None or not fault.struck):
                return self._desk.faults.strike(kind, now_ns, **fault.match)
        return None

    def _slide(self, fault: Fault) -> None:
        """The ranges of the shares it matches slide towards where their price stands against yesterday's close."""
        exchange, wanted = self._desk.exchange, fault.match.get("tradingsymbol", "*")
        for index, instrument in enumerate(self._desk.today.universe.instruments):
            symbol = instrument.tradingsymbol
            fits = symbol.startswith(wanted[:-1]) if wanted.endswith("*") else symbol == wanted
            if instrument.kind is Kind.EQ and fits:
                row = exchange.market.rows[index]
                self._lifecycle.take(exchange.slide_band(index, bool(row["ltp"] >= row["close"]), self._desk.now_ns))
