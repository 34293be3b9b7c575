"""`tarazu incident open`: a person has noticed something."""

import click

from tarazu.app.alerts.alert import Alert, Severity
from tarazu.app.alerts.post import post
from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.incidents.answers import acted
from tarazu.app.incidents.incident import Incident
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.incidents.store import open_incident
from tarazu.app.person import person
from tarazu.app.verdict import Verdict

SEVERITIES: dict[str, Severity] = {"SEV1": "SEV1", "SEV2": "SEV2", "SEV3": "SEV3"}
RUNBOOKS = {
    "HARD_HALT": "sev1-hard-halt",
    "AUDIT_CHAIN": "sev1-audit-chain",
    "DB_WRITE": "sev1-db-write",
    "FEED_STALE": "sev2-feed-stale",
    "FEED_STALE_OPTIONAL": "sev2-feed-stale",
}

EXAMPLES = """
\b
Examples:
  tarazu incident open --severity SEV2 --detail "quotes of BANKNIFTY look wrong since 10:40"
  tarazu incident open --severity SEV1 --code HARD_HALT --detail "halted by hand"
"""


@click.command("open", epilog=EXAMPLES)
@click.option("--severity", required=True, type=click.Choice([*SEVERITIES], case_sensitive=False), help="How grave.")
@click.option(
    "--code", default="BY_HAND", show_default=True, help="What it is: HARD_HALT, FEED_STALE, a word of yours."
)
@click.option("--detail", required=True, help="What was seen; one sentence.")
@click.option("--who", default=person, show_default="your login name", help="Who opens it.")
@feed_flags
def command(severity: str, code: str, detail: str, who: str, profile: str | None, as_json: bool) -> int:
    """Open an incident, and alert everybody whom alerts reach. The open one of this code is taken where there is one.

    Exit code 0: it is open; 2: it could not be kept, and nothing was changed.
    """
    home = home_of(profile)
    return incident_open(home, SEVERITIES[severity.upper()], code.upper(), detail, who, desk_now_ns(home)).show(as_json)


def incident_open(home: Home, severity: Severity, code: str, detail: str, who: str, now_ns: int) -> Verdict:
    def act() -> tuple[str, Incident]:
        runbook = RUNBOOKS.get(code, "")
        opened = open_incident(home, severity, code, detail, who=who, now_ns=now_ns, runbook=runbook)
        alert = Alert(
            code,
            severity,
            detail,
            f"incident:{opened.id}",
            hint=f"tarazu incident show {opened.id}",
            runbook=opened.runbook,
            incident=opened.id,
        )
        kept = post(home, alert, now_ns, who)
        is_new = opened.opened_ns == now_ns and opened.opened_by == who
        return f"{'opened' if is_new else 'is open already'}, {f'alert {kept}' if kept else 'NO ALERT KEPT'}", opened

    return acted(home, "incident.open", "", now_ns, act)
