"""What the watchdog has done, in the desk's record; a record that takes nothing keeps it from nothing."""

import logging
from collections.abc import Mapping
from typing import Any

from tarazu.app.home import Home
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append

log = logging.getLogger("tarazu.watchdog")

WHO = "watchdog"


def note_act(
    home: Home, body: Mapping[str, Any], now_ns: int, kind: DeskKind = DeskKind.WATCHDOG, who: str = WHO
) -> bool:
    """False, and a line in the log, where it could not be kept."""
    try:
        append(home.desk, kind, body, who=who, now_ns=now_ns)
    except (BadDeskRecord, OSError, ValueError) as failed:
        log.error("the desk's record does not take %s: %s", dict(body), failed)
        return False
    return True
