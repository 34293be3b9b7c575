"""What can be rehearsed: one table, for `tarazu drill list`, for `run`, and for whoever wants to see them all."""

import msgspec

_STORIES = "tarazu.app.drills.stories"


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: str
    """What goes wrong, and what must come of it."""
    module: str
    runbook: str
    """What an operator does about it."""

    @property
    def function(self) -> str:
        """In `module`: takes a `rehearsal.Rehearsal`."""
        return self.name.replace("-", "_")


def _drill(name: str, module: str, runbook: str, title: str) -> Drill:
    return Drill(name=name, title=title, module=f"{_STORIES}.{module}", runbook=runbook)


DRILLS: tuple[Drill, ...] = (
    _drill(
        "mute-feed", "feed", "sev2-feed-stale", "No frame at all: entries end, exits pass, it comes back by itself."
    ),
    _drill("partial-mute", "feed", "sev2-feed-stale", "Most options fall silent, heartbeats go on: it is seen."),
    _drill("feed-killed", "feed", "sev2-feed-stale", "kill -9 of depth_ws: one restart, and entries again."),
    _drill(
        "token-expiry", "session", "pre-open", "The token dies at noon: nothing is sent, stops stay, a login mends it."
    ),
    _drill(
        "timeout-accepted", "requests", "monitor", "The order was taken and the answer lost: found, not sent again."
    ),
    _drill("throttle-storm", "requests", "monitor", "429 to everything: nothing is doubled, nothing stays unknown."),
    _drill("main-killed", "processes", "monitor", "kill -9 of main: one restart, entries adopted again, stops stay."),
    _drill("main-hung", "processes", "monitor", "SIGSTOP of main: entries cancelled, one restart, stops stay."),
    _drill("watchdog-killed", "processes", "monitor", "kill -9 of the watchdog: one restart, trading goes on."),
    _drill("disk-full", "records", "sev1-db-write", "main's disk takes nothing more: no order without a record."),
    _drill(
        "journal-damaged", "records", "sev1-audit-chain", "A byte of the journal is another: named, and flatten works."
    ),
    _drill("database-lost", "records", "sev1-db-write", "The database is gone: trading goes on, it is built anew."),
    _drill("foreign-order", "strangers", "monitor", "An order by hand: adopted, counted, alarmed, left by us."),
    _drill("unexplained-order", "strangers", "sev1-hard-halt", "An order with our tag that nobody decided: HARD_HALT."),
    _drill(
        "crash-market",
        "market",
        "sev1-hard-halt",
        "The index falls by 2 % at once: the loss limit halts, and it ends flat.",
    ),
    _drill("all-down", "market", "sev1-hard-halt", "main, feed and database gone, positions open: flatten ends flat."),
)


class NoDrill(LookupError):
    """There is none of that name; the message is for the user."""


def drill(name: str) -> Drill:
    """Raises NoDrill."""
    for each in DRILLS:
        if each.name == name:
            return each
    raise NoDrill(f"no drill {name!r}; there are: {', '.join(each.name for each in DRILLS)}")
