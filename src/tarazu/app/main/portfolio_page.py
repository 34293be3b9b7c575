"""What main says of the portfolio, as the engine's scales had it at the last second. Nothing is reckoned anew."""

from collections.abc import Iterator

from tarazu.app.main.portfolio_health import GreeksPage, PortfolioPage, UsePage, WorstPage
from tarazu.engine.portfolio_watch import usable_paise
from tarazu.engine.process import Engine
from tarazu.engine.scales import Scales
from tarazu.engine.state import EngineState
from tarazu.orders.exposure import filled
from tarazu.risk.portfolio_risk import Unit, net_greeks, sums_of
from tarazu.risk.scenarios import worst_cell


def portfolio_page(engine: Engine, steady_ns: int) -> PortfolioPage:
    state, scales = engine.state, engine.scales
    limits, account = state.config.risk, sums_of(scales.pans.values())
    funds = state.funds if state.funds is not None and state.funds.started_ns > state.started_ns else None
    return PortfolioPage(
        greeks=tuple(_greeks(state, scales)),
        worst=tuple(_worst(scales)),
        used=(
            UsePage(name="GROSS", paise=round(account.gross), limit_paise=limits.gross_premium_max_paise),
            UsePage(name="SCENARIO", paise=round(account.loss), limit_paise=limits.scenario_loss_max_paise),
            UsePage(name="UNEXECUTED", paise=scales.unexecuted_paise, limit_paise=limits.unexecuted_value_max_paise),
        ),
        funds_paise=funds.available_paise if funds is not None else None,
        usable_paise=usable_paise(limits, funds) if funds is not None else None,
        needed_paise=scales.needed_paise,
        funds_age_ns=steady_ns - funds.started_ns if funds is not None else None,
    )


def _greeks(state: EngineState, scales: Scales) -> Iterator[GreeksPage]:
    found: dict[tuple[str, str], list[tuple[int, Unit]]] = {}
    for underlying, pan in scales.pans.items():
        for (key, product), held in pan.held.items():
            qty = filled(state.blotter, (key, product), state.before.get((key, product), 0))
            expiry = state.instruments[key].expiry if key in state.instruments else None
            if qty and not held.unit.is_blind:
                series = (underlying, expiry.isoformat() if expiry is not None else "")
                found.setdefault(series, []).append((qty, held.unit))
    for (underlying, day), units in sorted(found.items()):
        net = net_greeks(units)
        yield GreeksPage(
            underlying=underlying,
            expiry=day,
            delta_paise=round(net.delta_paise),
            gamma_paise=round(net.gamma_paise),
            vega_paise=round(net.vega_paise),
            theta_paise=round(net.theta_paise),
        )


def _worst(scales: Scales) -> Iterator[WorstPage]:
    for underlying, pan in sorted(scales.pans.items()):
        if pan.held or pan.unknown:
            yield WorstPage(
                underlying=underlying,
                loss_paise=round(pan.figures.loss),
                cell=str(worst_cell(pan.load)),
                delta_paise=round(pan.figures.delta),
                vega_paise=round(pan.figures.vega),
                not_valued=tuple(sorted({key for key, _ in (*pan.blind, *pan.unknown)})),
            )
