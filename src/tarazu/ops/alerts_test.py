"""`tarazu alerts test`: does an alert arrive?"""

import click

from tarazu.app.alerts.alert import Alert, Kept, Sending
from tarazu.app.alerts.channel import PATIENCE_S
from tarazu.app.alerts.deliver import Courier
from tarazu.app.alerts.due import TEST
from tarazu.app.alerts.post import post
from tarazu.app.alerts.urls import AlertUrls, read_alert_urls
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.person import person
from tarazu.app.secrets.store import BadSecrets
from tarazu.app.settings import AlertSettings
from tarazu.app.verdict import Check, Exit, Status, Verdict

SLACK_S = 2.0
FIX = "correct the address in .env (TARAZU_ALERT_URLS), then tarazu alerts test"

EXAMPLES = """
\b
Examples:
  tarazu alerts test    once, before the first day, and after each change of an address
  tarazu alerts test --note "who has a telephone on?"
"""


@click.command("test", epilog=EXAMPLES)
@click.option("--note", "text", default="a test; nothing has happened", show_default=True, help="What it says.")
@feed_flags
def command(text: str, profile: str | None, as_json: bool) -> int:
    """Send one alert to every address of both lists, and say where it arrived: taken by the service, that is; whether a
    telephone rang is for its owner to say.

    Exit code 0: everywhere; 2: nowhere, or there is no address; 5: not everywhere.
    """
    home = home_of(profile)
    return alerts_test(home, text, desk_now_ns(home)).show(as_json)


def alerts_test(home: Home, text: str, now_ns: int) -> Verdict:
    try:
        urls = read_alert_urls(home)
    except BadSecrets as bad:
        return _verdict(home, now_ns, (_problem("alerts.urls", "SECRETS", str(bad), "correct it"),), None)
    if not urls.addresses:
        detail = "alerts go nowhere: TARAZU_ALERT_URLS is not set"
        return _verdict(
            home, now_ns, (_problem("alerts.urls", "NO_ADDRESSES", detail, f"add it to {home.env_file}"),), None
        )
    alert = Alert(TEST, "INFO", text, f"{TEST}:{now_ns}")
    id_ = post(home, alert, now_ns, person())
    if not id_:
        detail = f"{home.alerts} takes no alert: a full disk, or one that cannot be written"
        return _verdict(home, now_ns, (_problem("alerts.outbox", "NOT_KEPT", detail, "tarazu doctor"),), None)
    kept = Courier(home, AlertSettings(), urls).sent_at_once(id_, now_ns, PATIENCE_S + SLACK_S)
    assert kept is not None, "it was posted just now, and alerts that are new are not taken away"
    return _verdict(home, now_ns, _checks(urls, kept), kept)


def _checks(urls: AlertUrls, kept: Kept) -> tuple[Check, ...]:
    return tuple(_check(one.channel, kept.sendings.get(one.channel)) for one in urls.addresses)


def _check(channel: str, sending: Sending | None) -> Check:
    if sending is None:
        return _problem(f"alerts.{channel}", "ADDRESS_SILENT", f"no answer in {PATIENCE_S:g} s", FIX)
    if sending.failing:
        return _problem(f"alerts.{channel}", "ADDRESS_FAILING", sending.failing, FIX)
    return Check(id=f"alerts.{channel}", status=Status.OK, detail="arrived")


def _problem(id_: str, code: str, detail: str, hint: str) -> Check:
    return Check(id=id_, status=Status.CRIT, code=code, detail=detail, hint=hint)


def _verdict(home: Home, now_ns: int, checks: tuple[Check, ...], kept: Kept | None) -> Verdict:
    fine = [check for check in checks if check.status is Status.OK]
    word, exit_code = ("ARRIVED", Exit.OK) if len(fine) == len(checks) else ("PARTIAL", Exit.PARTIAL)
    if not fine:
        word, exit_code = "CRIT", Exit.CRIT
    return Verdict(
        command="alerts.test",
        word=word,
        exit_code=exit_code,
        profile=home.profile,
        now_ns=now_ns,
        summary=f"{len(fine)} of {len(checks)} addresses" if kept else "nothing was sent",
        checks=checks,
        body=tuple(f"{'ok':<8}{check.id}" for check in fine),
        facts={"alert": kept} if kept else {},
    )
