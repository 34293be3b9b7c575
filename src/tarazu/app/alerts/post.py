"""Posting an alert: from any process, on the disk when it returns. The courier sends it (`app.alerts.deliver`)."""

import logging

import msgspec

from tarazu.app.alerts.alert import Alert as Alert
from tarazu.app.alerts.alert import Severity as Severity
from tarazu.app.alerts.box import Box
from tarazu.app.home import Home
from tarazu.app.person import person
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append

_LOG = logging.getLogger("tarazu.alerts")


def post(home: Home, alert: Alert, now_ns: int, who: str = "") -> str:
    """Its id; of the alert that is there already where the key is known and it goes on.

    Never raises for a disk: "" and a line in the log when it could not be kept. Whoever has a courier then gives it the
    alert itself (`Courier.carry`). A new alert is an entry of the desk's record, too; one that is counted is not.
    """
    try:
        kept, new = Box(home.alerts).post(alert, who or person(), now_ns)
    except OSError as failed:
        _LOG.error("ALERT_NOT_KEPT %s %s: %s; the outbox does not take it: %s", *_said(alert), failed)
        return ""
    if new:
        note(home, {"act": "posted", "id": kept.id, **msgspec.to_builtins(alert)}, kept.who, now_ns)
    return kept.id


def note(home: Home, body: dict[str, object], who: str, now_ns: int) -> bool:
    """What became of an alert, in the desk's record; False and a line in the log where it takes nothing: an alert is
    sent and acknowledged all the same."""
    try:
        append(home.desk, DeskKind.ALERT, body, who=who, now_ns=now_ns)
    except (OSError, BadDeskRecord, ValueError) as failed:
        _LOG.error("ALERT_NOT_RECORDED %s %s: %s", body.get("act"), body.get("id"), failed)
        return False
    return True


def _said(alert: Alert) -> tuple[str, str, str]:
    return alert.severity, alert.code, alert.text
