"""What main says of its risk state, put together as of one moment."""

from tarazu.app.main.risk_health import GaugePage, RiskPage
from tarazu.engine.gauges import Gauge, gauges
from tarazu.engine.state import EngineState


def risk_page(state: EngineState, steady_ns: int, wall_ns: int) -> RiskPage:
    marked = state.marked
    net, fallen = marked.drawdown.net_paise, marked.drawdown.paise
    known = bool(marked.known_ns) and isinstance(net, int) and isinstance(fallen, int)
    return RiskPage(
        state=state.risk,
        net_paise=net if known and isinstance(net, int) else None,
        unknown=marked.why if marked.unknown_ns else "",
        drawdown_paise=fallen if known and isinstance(fallen, int) else None,
        worst_paise=marked.drawdown.worst_paise,
        gauges=tuple(_gauge(one) for one in gauges(state, steady_ns, wall_ns)),
        strategy_halts=dict(state.strategy_halts),
    )


def _gauge(one: Gauge) -> GaugePage:
    return GaugePage(code=one.code, percent=one.percent, text=one.text, near=one.is_near, reached=one.is_reached)
