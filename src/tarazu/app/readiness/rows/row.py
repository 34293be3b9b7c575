"""A row of the gate: its published id, and who looks."""

from collections.abc import Callable

import msgspec

from tarazu.app.readiness.look import Look
from tarazu.app.verdict import Check, Status


class Row(msgspec.Struct, frozen=True):
    id: str
    """Published and never renamed: `session.token`. A row that finds several things gives them this id and a suffix."""
    look: Callable[[Look, Check], Check | tuple[Check, ...]]
    """Is given the row's check, OK as yet."""
    in_session: bool = False
    """Looked at only while the market trades and the processes are meant to run."""


def ok(row: Check, detail: str, **seen: object) -> Check:
    return msgspec.structs.replace(row, detail=detail, **seen)


def block(row: Check, code: str, detail: str, hint: str = "") -> Check:
    """Not ready."""
    return row.broken(Status.CRIT, code, detail, hint)


def warn(row: Check, code: str, detail: str, hint: str = "") -> Check:
    return row.broken(Status.WARN, code, detail, hint)


def unknown(row: Check, code: str, detail: str, hint: str = "") -> Check:
    """Cannot be told, which is not ready either."""
    return row.broken(Status.UNKNOWN, code, detail, hint)


def skip(row: Check, why: str) -> Check:
    return row.broken(Status.SKIP, "", why)
