"""What the risk state and the recomputed figures amount to, beside the limits of the settings. Rupees in checks."""

from collections.abc import Iterator

from tarazu.app.account.reading import Why
from tarazu.app.account.result import AccountResult
from tarazu.app.main.risk_words import RESET_STRATEGY
from tarazu.app.risk_monitor.recomputed import Recomputed
from tarazu.app.risk_monitor.standing import Standing
from tarazu.app.settings import RiskSettings
from tarazu.app.verdict import Check, Status, epoch
from tarazu.engine.halts import RiskState
from tarazu.model.units import PAISE, rupees_text

NEAR = 0.8
"""Of a limit: a person is warned (docs/risk-state.md)."""
RESET = 'tarazu risk reset-halt --incident ID --reason "..."'
LOGIN = "tarazu session login --prompt-token --update-env"
_SLACK_PAISE, _SLACK_PCT = 50_000, 1
"""Two markings of one book may lie this far apart: the broker's last trade, the engine's middle (watchdog's too)."""


def state_checks(was: Standing) -> Iterator[Check]:
    seen = Check(id="risk.state", status=Status.OK, observed=str(was.state or "UNKNOWN"))
    since = epoch(was.halt.since_ns) if was.halt else None
    why = f"{was.halt.code}: {was.halt.why}" if was.halt else was.unknown
    match was.state:
        case None:
            yield seen.broken(Status.UNKNOWN, "STATE_UNKNOWN", why, "tarazu audit verify --all")
        case RiskState.HARD_HALT:
            yield seen.broken(Status.CRIT, "HARD_HALT", why, RESET, since)
        case RiskState.SOFT_HALT:
            yield seen.broken(Status.WARN, "SOFT_HALT", f"no entries: {why}", RESET, since)
        case _:
            yield seen
    for name, halt in sorted(was.strategy_halts.items()):
        one = Check(id=f"strategy.{name}", status=Status.OK, observed="HALTED")
        told = f"{halt.code}: {halt.why}"
        yield one.broken(Status.WARN, "STRATEGY_HALT", told, RESET_STRATEGY.format(name), epoch(halt.since_ns))


def broker_checks(now: Recomputed) -> Iterator[Check]:
    """Whether there is a reckoning, and of one piece."""
    if now.failure is not None:
        hint = LOGIN if now.failure.why is Why.AUTH else "tarazu session check"
        seen = Check(id="risk.broker", status=Status.OK)
        yield seen.broken(Status.UNKNOWN, f"BROKER_{now.failure.why}", now.failure.told, hint)
        return
    result = now.result
    assert result is not None
    for told in result.unknown:
        yield Check(id="risk.result", status=Status.UNKNOWN, code="PNL_UNKNOWN", detail=told)
    for told in result.breaks:
        hint = "tarazu engine status; again in a moment: a trade may be on its way"
        yield Check(id="risk.books", status=Status.WARN, code="BROKER_BREAK", detail=told, hint=hint)
    for told in result.not_ours:
        detail = f"{told} is in no figure here: leave it in Kite"
        yield Check(id="risk.books", status=Status.WARN, code="NOT_OURS", detail=detail)
    if now.funds_paise is None:
        yield Check(id="risk.funds", status=Status.SKIP, detail="the broker did not tell the funds")
    else:
        seen = Check(id="risk.funds", status=Status.OK, observed=now.funds_paise / PAISE, limit=0, unit="INR")
        told = "no margin is left: the broker may square off"
        yield seen if now.funds_paise >= 0 else seen.broken(Status.CRIT, "MARGIN", told, "tarazu flatten --dry-run")


def limit_checks(now: Recomputed, was: Standing, limits: RiskSettings) -> Iterator[Check]:
    if now.result is None:
        return
    yield _day_loss(now.result, limits.day_loss_max)
    page = was.health.risk if was.health is not None else None
    fallen = None if page is None else page.drawdown_paise
    told = "the day's best is main's to know, and main says nothing current"
    if fallen is None:
        yield Check(id="risk.drawdown", status=Status.SKIP, detail=told)
    else:
        yield _used("risk.drawdown", "DRAWDOWN", fallen, limits.drawdown_max, "by main")
    yield _used("risk.premium", "GROSS_PREMIUM", now.premium_paise, limits.gross_premium_max, "what is held")
    for what, limit in (("delta", limits.delta_max), ("vega", limits.vega_max)):
        for name, value in sorted(now.by_underlying(f"{what}_paise").items()):
            size = None if value is None else abs(value)
            yield _used(f"risk.{what}.{name}", what.upper(), size, limit, _why_none(now))


def beside_main(now: Recomputed, was: Standing) -> Iterator[Check]:
    """The two reckonings of one day, side by side."""
    theirs = was.health.risk.net_paise if was.health is not None else None
    mine = now.result.net_paise if now.result is not None else None
    if mine is None or theirs is None:
        yield Check(id="risk.second_opinion", status=Status.SKIP, detail="main says no result to compare with")
        return
    slack = _SLACK_PAISE + now.premium_paise * _SLACK_PCT // 100
    seen = Check(id="risk.second_opinion", status=Status.OK, observed=mine / PAISE, limit=theirs / PAISE, unit="INR")
    told = f"main says {rupees_text(theirs)}: two reckonings of one day differ by more than {rupees_text(slack)}"
    differs = abs(mine - theirs) > slack
    yield seen.broken(Status.WARN, "PNL_DIFFERS", told, "tarazu engine status") if differs else seen


def _day_loss(result: AccountResult, limit: float | None) -> Check:
    """Charges make a loss only larger: what is at its limit without them is at it, whatever the trades lack."""
    net, gross = result.net_paise, result.gross_paise
    if net is None and gross is not None and limit is not None and -gross >= limit * PAISE:
        return _used("risk.day_loss", "DAY_LOSS", -gross, limit, "the result before charges")
    why = "; ".join([*result.unknown, *result.breaks]) or "the result"
    return _used("risk.day_loss", "DAY_LOSS", None if net is None else -net, limit, why)


def _used(id: str, code: str, paise: int | None, limit: float | None, told: str) -> Check:
    """A figure that may not reach its limit. What is not known is no breach, and no OK."""
    if paise is None:
        return Check(id=id, status=Status.UNKNOWN, code=f"{code}_UNKNOWN", detail=f"not computable: {told}")
    if limit is None:
        return Check(
            id=id, status=Status.SKIP, detail="no limit is set in [engine.risk]: entries are denied (NO_LIMIT)"
        )
    seen = Check(id=id, status=Status.OK, observed=paise / PAISE, limit=limit, unit="INR")
    if paise >= limit * PAISE:
        return seen.broken(Status.CRIT, code, f"{told} is at its limit", "tarazu flatten --dry-run")
    return seen.broken(Status.WARN, f"NEAR_{code}", told) if paise >= limit * PAISE * NEAR else seen


def _why_none(now: Recomputed) -> str:
    whys = {greeks.why for greeks in now.greeks.values() if greeks.why}
    return "; ".join([*([now.quotes_trouble] if now.quotes_trouble else []), *sorted(whys)]) or "what is held"
