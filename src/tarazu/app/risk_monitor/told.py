"""The risk state and the account reckoned anew, in lines for people and facts for machines."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tarazu.app.account.greeks import PlaceGreeks
from tarazu.app.account.result import PlaceResult
from tarazu.app.feed.words import table
from tarazu.app.risk_monitor.recomputed import Recomputed
from tarazu.app.risk_monitor.standing import Standing
from tarazu.app.verdict import moment
from tarazu.model.units import rupees_text


def standing_lines(was: Standing) -> tuple[str, ...]:
    """The state, with who, when and why."""
    if was.state is None:
        return (f"RISK      UNKNOWN: {was.unknown}",)
    halt = was.halt
    of = f" since {moment(halt.since_ns)}, {halt.code}: {halt.why}" if halt else ""
    lines = [f"RISK      {was.state}{of}  (by {was.source})"]
    lines += [f"STRATEGY  {name} halted, {h.code}: {h.why}" for name, h in sorted(was.strategy_halts.items())]
    return tuple(lines)


def facts_of(was: Standing) -> dict[str, Any]:
    return {
        "state": was.state or "UNKNOWN",
        "halt": None if was.halt is None else msgspec.to_builtins(was.halt),
        "source": was.source,
        "unknown": was.unknown,
    }


def result_line(now: Recomputed) -> str:
    result = now.result
    if result is None:
        return "P&L       UNKNOWN: the broker's books were not read"
    net = _signed(result.net_paise)
    cost = "UNKNOWN" if result.charges_paise is None else rupees_text(result.charges_paise)
    parts = f"realised {_signed(result.realised_paise)}, unrealised {_signed(result.unrealised_paise)}, charges {cost}"
    return f"P&L       day {net} INR = {parts}  (broker's trades and positions, {now.age_s:.1f} s old)"


def body(now: Recomputed) -> Iterator[str]:
    yield result_line(now)
    if now.result is None:
        return
    premium = rupees_text(now.premium_paise)
    funds = "UNKNOWN" if now.funds_paise is None else rupees_text(now.funds_paise)
    yield f"EXPOSURE  {len(now.open)} positions, premium and value {premium} INR | margin available {funds} INR"
    if now.open:
        head = ("SYMBOL", "PROD", "UNITS", "AVERAGE", "LAST", "REALISED", "UNREALISED", "DELTA", "VEGA")
        rows = [_row(place, now.greeks[place.key, str(place.product)]) for place in now.open]
        yield from table([head, *rows])


def facts(now: Recomputed) -> dict[str, Any]:
    """Paise and units."""
    result = now.result
    if result is None:
        return {"pnl": None, "positions": []}
    return {
        "pnl": {
            "net_paise": result.net_paise,
            "realised_paise": result.realised_paise,
            "unrealised_paise": result.unrealised_paise,
            "charges_paise": result.charges_paise,
        },
        "premium_paise": now.premium_paise,
        "funds_paise": now.funds_paise,
        "delta_paise": now.by_underlying("delta_paise"),
        "vega_paise": now.by_underlying("vega_paise"),
        "positions": [
            msgspec.to_builtins(place) | msgspec.to_builtins(now.greeks[place.key, str(place.product)])
            for place in now.open
        ],
    }


def _row(place: PlaceResult, greeks: PlaceGreeks) -> tuple[str, ...]:
    return (
        place.key.partition(":")[2],
        place.product,
        f"{place.qty:+}",
        "UNKNOWN" if place.average_paise is None else rupees_text(place.average_paise),
        rupees_text(place.last_paise),
        _signed(place.realised_paise),
        _signed(place.unrealised_paise),
        _signed(greeks.delta_paise),
        _signed(greeks.vega_paise),
    )


def _signed(paise: int | None) -> str:
    return "UNKNOWN" if paise is None else f"{'+' if paise > 0 else ''}{rupees_text(paise)}"
