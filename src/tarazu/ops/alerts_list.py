"""`tarazu alerts list`: what was sent, where it arrived, and who has it."""

import click

from tarazu.app.alerts.alert import Kept
from tarazu.app.alerts.box import Box
from tarazu.app.alerts.standing import ChannelStanding, channel_standings
from tarazu.app.alerts.urls import AlertUrls, read_alert_urls
from tarazu.app.alerts.words import arrivals, clock, said, whose, worst_first
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.secrets.store import BadSecrets
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst

LAST = 20

EXAMPLES = """
\b
Examples:
  tarazu alerts list
  tarazu alerts list --last 50    and the last fifty that need nobody
"""


@click.command("list", epilog=EXAMPLES)
@click.option("--last", default=LAST, show_default=True, type=click.IntRange(1), help="So many that need nobody.")
@feed_flags
def command(last: int, profile: str | None, as_json: bool) -> int:
    """List alerts: those that nobody has first; then the last others. Names addresses by their kind. Changes nothing.

    Exit code 0: somebody has every one, and the addresses work; 1: a SEV2 that nobody has, an address that fails, or no
    address at all; 2: a SEV1 that nobody has; 3: the outbox or the addresses do not read.
    """
    home = home_of(profile)
    return alerts_list(home, desk_now_ns(home), last).show(as_json)


def alerts_list(home: Home, now_ns: int, last: int = LAST) -> Verdict:
    box = Box(home.alerts)
    try:
        kept, unreadable = box.alerts(), box.unreadable()
    except OSError as failed:
        check = Check(id="alerts.outbox", status=Status.UNKNOWN, code="OUTBOX_UNREADABLE", detail=str(failed))
        return _verdict(home, now_ns, "the outbox does not read", (check,), (), (), {})
    urls, checks = _urls(home)
    standings = channel_standings(kept, urls)
    waiting = worst_first([one for one in kept if one.is_open])
    others = [one for one in reversed(kept) if not one.is_open][:last]
    checks = (*(_of(one) for one in waiting), *(_reached(one) for one in standings), *checks)
    if unreadable:
        text = f"{len(unreadable)} files do not read, the first is {unreadable[0].name}"
        checks += (Check(id="alerts.outbox", status=Status.UNKNOWN, code="OUTBOX_UNREADABLE", detail=text),)
    line = f"{len(waiting)} that nobody has, {len(kept) - len(waiting)} others, {len(standings)} addresses"
    facts: dict[str, object] = {"alerts": [*waiting, *others], "channels": standings}
    body = tuple(
        f"{one.id}  {one.alert.severity}  {clock(one.first_ns)}  {said(one)}; {arrivals(one)}" for one in waiting
    )
    tail = tuple(
        f"{one.id}  {one.alert.severity}  {clock(one.first_ns)}  {said(one)}; {whose(one)}; {arrivals(one)}"
        for one in others
    )
    return _verdict(home, now_ns, line, checks, body, tail, facts)


def _urls(home: Home) -> tuple[AlertUrls, tuple[Check, ...]]:
    try:
        urls = read_alert_urls(home)
    except BadSecrets as bad:
        return AlertUrls(), (Check(id="alerts.urls", status=Status.UNKNOWN, code="SECRETS", detail=str(bad)),)
    if urls.addresses:
        return urls, ()
    text = "alerts go nowhere: TARAZU_ALERT_URLS is not set"
    hint = f"add TARAZU_ALERT_URLS to {home.env_file}, then tarazu alerts test"
    return urls, (Check(id="alerts.urls", status=Status.WARN, code="NO_ADDRESSES", detail=text, hint=hint),)


def _of(kept: Kept) -> Check:
    status = Status.CRIT if kept.alert.severity == "SEV1" else Status.WARN
    return Check(
        id=kept.id,
        status=status,
        code=kept.alert.code,
        detail=whose(kept),
        since_epoch=kept.first_ns / 1e9,
        hint=f"tarazu alerts ack {kept.id}",
    )


def _reached(standing: ChannelStanding) -> Check:
    check = Check(id=f"alerts.{standing.channel}", status=Status.OK)
    if not standing.failing:
        return check
    return check.broken(Status.WARN, "ADDRESS_FAILING", standing.failing, "tarazu alerts test")


def _verdict(
    home: Home,
    now_ns: int,
    line: str,
    checks: tuple[Check, ...],
    body: tuple[str, ...],
    tail: tuple[str, ...],
    facts: dict[str, object],
) -> Verdict:
    status = worst(checks)
    exit_code: Exit = exit_of(status)
    return Verdict(
        command="alerts.list",
        word=status.name,
        exit_code=exit_code,
        profile=home.profile,
        now_ns=now_ns,
        summary=line,
        checks=checks,
        body=body,
        tail=tail,
        facts=facts,
    )
