"""`tarazu risk show`: the risk state, and the account reckoned anew from the broker's books."""

import sys

import click

from tarazu.app.account.whose import NoAccount, account_address, now_ns
from tarazu.app.broker_address import NoAddress
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.risk_monitor import checks, told
from tarazu.app.risk_monitor.recomputed import Recomputed, recompute
from tarazu.app.risk_monitor.standing import Standing, standing_of
from tarazu.app.settings import BadSettings, RiskSettings, read_settings
from tarazu.app.verdict import Check, Status, Verdict, exit_of, worst

EXAMPLES = """
\b
Examples:
  tarazu risk show
  tarazu risk show --profile live --json
"""


@click.command("show", epilog=EXAMPLES)
@feed_flags
def command(profile: str | None, as_json: bool) -> int:
    """Show the RiskState with who, when and why, and the day's result, exposure and greeks, reckoned anew from the
    broker's positions, trades and quotes, against the limits. Changes nothing.

    Exit code 0: well; 1: SOFT_HALT, a limit is near, or the books want a look; 2: HARD_HALT, or a limit is reached;
    3: it cannot be told.
    """
    return risk_show(home_of(profile)).show(as_json)


def risk_show(home: Home) -> Verdict:
    now, account = _reckoned(home)
    was = standing_of(home)
    limits = _limits(home)
    found = [*checks.state_checks(was), *account]
    if now is not None:
        found += checks.broker_checks(now)
        found += checks.beside_main(now, was)
    if isinstance(limits, Check):
        found.append(limits)
    elif now is not None:
        found += checks.limit_checks(now, was, limits)
    status = worst(found)
    return Verdict(
        command="risk.show",
        word=status.name,
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=now_ns(home) if now is None else now.now_ns,
        summary=_line(was, now),
        checks=tuple(found),
        body=(*told.standing_lines(was), *(() if now is None else told.body(now))),
        facts={"risk": told.facts_of(was)} | ({} if now is None else told.facts(now)),
    )


def _line(was: Standing, now: Recomputed | None) -> str:
    net = None if now is None or now.result is None else now.result.net_paise
    amount = "day P&L UNKNOWN" if net is None else f"day P&L {net / 100:+,.2f} INR"
    return f"RiskState {was.state or 'UNKNOWN'} | {amount}"


def _reckoned(home: Home) -> tuple[Recomputed | None, list[Check]]:
    """The reckoning, or why there is none."""
    try:
        address = account_address(home, tell=lambda line: print(line, file=sys.stderr))
        return recompute(home, address), []
    except NoAccount as paper:
        return None, [Check(id="risk.account", status=Status.SKIP, detail=str(paper)), *_paper(home)]
    except (NoAddress, OSError) as bad:
        detail = f"the account cannot be asked: {bad}"
        return None, [Check(id="risk.account", status=Status.UNKNOWN, code="NO_ACCOUNT", detail=detail)]


def _paper(home: Home) -> list[Check]:
    """Nobody but main can tell a paper account's result; main's own figures count then."""
    was = standing_of(home)
    if was.health is None:
        return [Check(id="risk.result", status=Status.UNKNOWN, code="MAIN_SILENT", detail="main says nothing current")]
    from tarazu.app.main.risk_words import risk_checks

    return list(risk_checks(was.health.risk))


def _limits(home: Home) -> RiskSettings | Check:
    try:
        return read_settings(home.settings_file).engine.risk
    except (BadSettings, OSError) as bad:
        return Check(id="risk.limits", status=Status.UNKNOWN, code="BAD_SETTINGS", detail=str(bad))
