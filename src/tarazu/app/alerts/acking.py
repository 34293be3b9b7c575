"""Somebody has it: an alert is sent no more."""

import msgspec

from tarazu.app.alerts.alert import Kept
from tarazu.app.alerts.box import Box
from tarazu.app.alerts.post import note
from tarazu.app.home import Home


def ack_alerts(home: Home, asked: str, who: str, now_ns: int) -> list[Kept]:
    """Those that are acknowledged by this: `all` that are open, those of an incident by its id, or one by its own. One
    that somebody has already, or that needs nobody, stays as it is. Raises OSError: the rest is not acknowledged."""
    box = Box(home.alerts)
    wanted = [kept for kept in box.alerts() if kept.is_open and _is_asked(kept, asked.upper())]
    taken = []
    for kept in wanted:
        changed = box.change(kept.id, lambda one: _acked(one, who, now_ns))
        if changed is not None:
            taken.append(changed)
            note(home, {"act": "acked", "id": kept.id}, who, now_ns)
    return taken


def _acked(kept: Kept, who: str, now_ns: int) -> Kept:
    return kept if kept.acked_by else msgspec.structs.replace(kept, acked_by=who, acked_ns=now_ns)


def _is_asked(kept: Kept, asked: str) -> bool:
    return asked in ("ALL", kept.id, kept.alert.incident.upper())
