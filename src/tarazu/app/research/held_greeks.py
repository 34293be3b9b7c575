"""What everything that is held gains together, as the engine's scales had it at their last second."""

from tarazu.engine.process import Engine
from tarazu.model.units import PAISE
from tarazu.orders.exposure import filled
from tarazu.risk.portfolio_risk import Unit, net_greeks

UNITS = {
    "delta": "of the underlying that it stands for",
    "gamma": "of delta, for one percent of the underlying",
    "vega": "for one point of volatility",
    "theta": "a day",
}
"""Rupees of what."""


def held_greeks(engine: Engine) -> dict[str, float]:
    """Net, in rupees; empty where nothing is held, and where something that is has no price."""
    blotter, before = engine.state.blotter, engine.state.before
    held: list[tuple[int, Unit]] = []
    for pan in engine.scales.pans.values():
        for place, one in pan.held.items():
            qty = filled(blotter, place, before.get(place, 0))
            if qty and one.unit.is_blind:
                return {}
            if qty:
                held.append((qty, one.unit))
        if any(filled(blotter, place, before.get(place, 0)) for place in pan.unknown):
            return {}
    if not held:
        return {}
    net = net_greeks(held)
    paise = (net.delta_paise, net.gamma_paise, net.vega_paise, net.theta_paise)
    return {name: round(each / PAISE, 2) for name, each in zip(UNITS, paise, strict=True)}
