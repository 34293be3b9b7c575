"""A break of money is an incident: one, however many breaks there are and however often they are found."""

from tarazu.app.alerts.alert import Alert
from tarazu.app.alerts.post import post
from tarazu.app.home import Home
from tarazu.app.incidents.store import note, open_incident
from tarazu.app.reconcile.breaks import Reconciliation
from tarazu.app.reconcile.told import counted

CODE = "RECONCILE_BREAK"


def opened_for(home: Home, result: Reconciliation, who: str, now_ns: int) -> str:
    """Its id; the open one's where there is one, which then names this day, too. An alert for each day.

    Raises NotKept."""
    first = result.money_breaks[0]
    told = f"{result.day}: {counted(len(result.money_breaks))} of money"
    detail = f"{told}; the first: {first.kind} in {first.against}, {first.of}"
    incident = open_incident(home, "SEV2", CODE, detail, who=who, now_ns=now_ns)
    if not any(result.day in said.text for said in incident.timeline) and result.day not in incident.detail:
        incident = note(home, incident.id, detail, who=who, now_ns=now_ns)  # another day's is open: this day is in it
    hint, key = f"tarazu reconcile --date {result.day}", f"incident:{incident.id}:{result.day}"
    post(home, Alert(CODE, "SEV2", detail, key, hint=hint, incident=incident.id), now_ns, who)
    return incident.id
