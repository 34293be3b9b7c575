"""The flags that main keeps to: as they were made, as the desk's record says; and whether main has them."""

from tarazu.app.flags.checks import look as look_at_flags
from tarazu.app.flags.standing import entries_check, words
from tarazu.app.flags.taken import by_engine
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.row import block, ok, unknown, warn
from tarazu.app.verdict import Check, Status

_BLOCKS = ("FLAGS_BAD", "FLAGS_MOVED", "NOT_TAKEN")


def flags(look: Look, row: Check) -> Check:
    """What is active must be beyond doubt. An older version that was altered warns: nothing is decided by it, and it
    cannot be gone back to."""
    found = look_at_flags(look.home)
    checks = list(found.checks)
    if found.active is not None:
        if look.main is not None:
            checks.append(by_engine(look.main, found.active))
        checks.append(entries_check(found.active))
    wrong = [check for check in checks if check.status not in (Status.OK, Status.SKIP)]
    wrong.sort(key=lambda check: check.code not in _BLOCKS)
    if not wrong:
        return ok(row, words(found.active) if found.active is not None else "")
    first = wrong[0]
    if first.code in _BLOCKS:
        return block(row, first.code, first.detail, first.hint)
    say = unknown if first.status is Status.UNKNOWN else warn
    return say(row, first.code, first.detail, first.hint)
