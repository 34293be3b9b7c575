"""Something that is wrong, as the watchdog sees it: what it is called, how bad it is, and what follows from it."""

import msgspec

from tarazu.app.alerts.alert import Severity


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    """Published, never renamed (docs/watchdog.md has the table)."""
    severity: Severity
    text: str
    """One line, for a person who is not at the desk."""
    key: str
    """The same while it is the same thing."""
    hint: str = ""
    """A command to run."""
    runbook: str = ""
    opens: bool = True
    """An incident."""
    halts: bool = False
    """The engine is told HALT: nobody may believe any more that it knows what it does."""
    stays: bool = False
    """For the whole day, such as an order in the broker's book: told, and halted for, once, by whichever watchdog."""
    called: str = ""
    """How the key begins of the engine's own alert of the same thing: where one since `since_ns` is in the outbox,
    nobody is called again. Empty: there is none."""
    since_ns: int = 0
    """UTC of the profile's clock."""
    lasts_ns: int = 0
    """It is told once it has lasted so long."""
