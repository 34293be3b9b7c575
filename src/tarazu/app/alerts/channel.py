"""One message to one address, by apprise. Imported where something is sent: apprise takes a quarter of a second."""

import logging
from typing import TYPE_CHECKING

from tarazu.app.alerts.alert import Severity
from tarazu.app.alerts.urls import Address
from tarazu.app.redaction import know, redact

if TYPE_CHECKING:
    from apprise import NotifyType

PATIENCE_S = 15.0
"""An address that has not taken it by then has failed; it may still have arrived."""


def send(address: Address, title: str, body: str, severity: Severity) -> str:
    """Empty when it arrived, else why not, without the address. Blocks for PATIENCE_S at most."""
    import apprise

    know({address.channel: address.url})
    _silence()
    desk = apprise.Apprise()
    if not desk.add(address.url.reveal()):
        return "no address that apprise knows; see its list of services"
    result = desk.notify(
        body=redact(body),
        title=redact(title),
        notify_type=_kind(severity),
        body_format=apprise.NotifyFormat.TEXT,
        timeout=PATIENCE_S,
        log_level=logging.WARNING,
    )
    if result:
        return ""
    why = [entry.message for one in result.results for entry in one.logs()]
    return _safe(address, why[-1] if why else f"not taken: {result.status.name}")


def _silence() -> None:
    """What a plugin logs quotes addresses; what of it says why comes back in the result."""
    log = logging.getLogger("apprise")
    log.propagate = False
    if _conceal not in log.filters:
        log.addHandler(logging.NullHandler())
        log.addFilter(_conceal)


def _conceal(record: logging.LogRecord) -> bool:
    """For whoever listens to that logger all the same."""
    record.msg, record.args = redact(record.getMessage()), ()
    return True


def _kind(severity: Severity) -> "NotifyType":
    from apprise import NotifyType

    return {"SEV1": NotifyType.FAILURE, "SEV2": NotifyType.WARNING, "SEV3": NotifyType.WARNING}.get(
        severity, NotifyType.INFO
    )


def _safe(address: Address, text: str) -> str:
    return redact(" ".join(text.split()).replace(address.url.reveal(), address.channel))[:300]
