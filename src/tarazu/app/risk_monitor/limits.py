"""Every limit of the account: what it is, where it was set, and how much of it is used, where main says so."""

from collections.abc import Iterator, Mapping

import msgspec

from tarazu.app.account.whose import now_ns
from tarazu.app.config.show import origin_told
from tarazu.app.config.values import Origin, Value, shown
from tarazu.app.feed.words import table
from tarazu.app.home import Home
from tarazu.app.risk_monitor.standing import standing_of
from tarazu.app.verdict import Check, Status, Verdict, exit_of, worst
from tarazu.model.units import SECOND_NS
from tarazu.risk.limits import RiskLimits

NEEDED = (
    "order_qty_max", "order_value_max", "gross_premium_max", "unexecuted_value_max", "scenario_loss_max", "delta_max",
    "vega_max", "day_loss_max", "drawdown_max", "round_trips_max",
)  # fmt: skip
"""Without a default: where one is not said, its control denies every entry (risk/limits.py)."""
EXPLAIN = "tarazu config explain engine.risk"
_SECTIONS = ("risk", "pilot")
_ALONE = ("position_limits", "position_limit_default")


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    value: str
    """As it holds."""
    origin: str
    is_missing: bool
    used_pct: int | None
    """None: main says nothing current about it."""


def limits_of(values: list[Value], used: Mapping[str, int]) -> list[Limit]:
    """`used`: percent by the code of a gauge."""
    return [_limit(value, used) for value in values if _is_limit(value)]


def limits_verdict(home: Home, values: list[Value]) -> Verdict:
    was = standing_of(home)
    gauges = {} if was.health is None else {gauge.code: gauge.percent for gauge in was.health.risk.gauges}
    found = limits_of(values, gauges)
    checks = tuple(_checks(found))
    status = worst(checks)
    missing = sum(limit.is_missing for limit in found)
    head = ("LIMIT", "VALUE", "USED", "SET BY")
    rows = [(limit.key, limit.value, _used(limit), limit.origin) for limit in found]
    return Verdict(
        command="risk.limits",
        word=status.name,
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=now_ns(home),
        summary=f"{len(found)} limits, {missing} not set | RiskState {was.state or 'UNKNOWN'}",
        checks=checks,
        body=table([head, *rows]),
        facts={"file": str(home.settings_file), "limits": [msgspec.to_builtins(limit) for limit in found]},
    )


def _checks(found: list[Limit]) -> Iterator[Check]:
    for limit in found:
        seen = Check(id=f"limit.{limit.key}", status=Status.OK)
        if limit.is_missing:
            yield seen.broken(Status.WARN, "NO_LIMIT", "not set: every entry is denied", EXPLAIN)
        else:
            yield seen


def _is_limit(value: Value) -> bool:
    path = value.field.path
    return path[0] == "engine" and (path[1] in _SECTIONS or path[1] in _ALONE)


def _limit(value: Value, used: Mapping[str, int]) -> Limit:
    path = value.field.path
    name, in_risk = path[-1], path[1] == "risk"
    told = shown(value.value)
    origin = origin_told(value)
    if in_risk and value.value is None and (rule := _rule(name)):
        told, origin = rule, "the rule's own default (docs/risk-state.md)"
    return Limit(
        key=".".join(path[2:]) if in_risk else ".".join(path[1:]),
        value=told,
        origin=origin if value.origin is not Origin.DEFAULT or in_risk else "default",
        is_missing=in_risk and name in NEEDED and value.value is None,
        used_pct=used.get(name.removesuffix("_max").upper()) if in_risk else None,
    )


def _rule(name: str) -> str:
    """What holds where the settings say nothing; empty: nothing does."""
    rules = RiskLimits()
    if name.endswith("_s"):
        return f"{getattr(rules, f'{name[:-2]}_ns') / SECOND_NS:g}" if hasattr(rules, f"{name[:-2]}_ns") else ""
    found = getattr(rules, name, None)
    if isinstance(found, dict):
        return shown({str(kind): bps for kind, bps in found.items()})
    return "" if found is None else shown(found)


def _used(limit: Limit) -> str:
    return "-" if limit.used_pct is None else f"{limit.used_pct} %"
