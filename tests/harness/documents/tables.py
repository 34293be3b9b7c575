"""Where each verb belongs, how it may end there, what is said for it, and what never runs."""

from enum import StrEnum

import msgspec


class Place(StrEnum):
    """README.md of tests/documents has what is in each."""

    CHECKOUT = "a fresh checkout"
    BROKER = "a broker in a box"
    DESK = "a desk that trades"
    CLOSED = "a closed day"


class Row(msgspec.Struct, frozen=True):
    """Of a verb."""

    place: Place
    exits: tuple[int, ...] = (0,)
    turn: int = 0
    """What only looks comes first; what halts, leaves or stops comes after it."""


LOOKS, WRITES, GUARDS, HALTS, LEAVES, RESTARTS, STOPS = range(7)
"""The turns at one place."""

CHECKOUT, BROKER, DESK, CLOSED = Place
ANYWHERE = Row(CHECKOUT)

# The words of a verb, and flags that make it another: the row that has most of them holds.
VERBS: dict[str, Row] = {
    "init": Row(CHECKOUT),
    "doctor": Row(CHECKOUT, (0, 1)),  # what would be better on this machine
    "init --encrypt": Row(CHECKOUT, (2,)),  # nobody has said by which key
    "config": Row(CHECKOUT),
    "config validate": Row(CHECKOUT, (0, 1)),
    "config diff --running": Row(DESK, (0, 1), LOOKS),
    "sim": Row(CHECKOUT),
    "sim serve --replay": Row(CLOSED),
    "sim run --replay": Row(CLOSED),
    "controls": Row(CHECKOUT, (0, 1, 3)),  # no evidence of tests lies in a fresh checkout
    "session": Row(DESK, turn=WRITES),
    "session logout": Row(DESK, (4,), WRITES),  # refused while main runs
    "up": Row(DESK, (0, 1), LEAVES),
    "down": Row(DESK, (0, 1), STOPS),  # 1: positions are left
    "restart": Row(DESK, (0, 1), RESTARTS),
    "ready": Row(DESK, (0, 1)),
    "ready --freeze-list": Row(DESK, turn=WRITES),
    "status": Row(DESK, (0, 1)),
    "top": Row(DESK, (0, 1)),
    "logs": Row(DESK),
    "ops": Row(DESK, (0, 1)),
    "sla": Row(DESK, (0, 1)),
    "feed": Row(DESK, (0, 1)),
    "feed clear-breaker": Row(DESK, (4,), WRITES),  # none is open
    "flatten": Row(DESK, (0, 1)),
    "flatten --live": Row(DESK, (0, 1), LEAVES),
    "why": Row(DESK, (0, 1)),
    "decisions": Row(DESK),
    "approvals": Row(DESK, (0, 1)),
    "engine status": Row(DESK, (0, 1)),
    "engine tell": Row(DESK, turn=HALTS),
    "engine tell APPROVE": Row(DESK, (4,), HALTS),  # nothing waits
    "engine tell RESET_STRATEGY": Row(DESK, (0, 4), HALTS),  # 4: it was not halted
    "risk": Row(DESK, (0, 1)),
    "risk halt": Row(DESK, (0,), HALTS),
    "risk reduce-only": Row(DESK, (0,), HALTS),
    "risk reset-halt": Row(DESK, (0, 4), HALTS),  # 4: it was not said who has looked, and where
    "incident": Row(DESK, turn=WRITES),
    "incident list": Row(DESK, (1, 2)),
    "incident show": Row(DESK, (0, 1, 2), WRITES),
    "incident bundle": Row(DESK, (0, 1), WRITES),
    "alerts": Row(DESK, (0, 1, 2)),
    "alerts ack": Row(DESK, (0, 4), WRITES),  # 4: somebody has all of it
    "alerts test": Row(DESK, (2,), WRITES),  # the desk has no address
    "flags": Row(DESK, turn=WRITES),
    "model": Row(DESK, turn=WRITES),
    "model promote": Row(DESK, (0, 4), WRITES),  # 4: it has not earned it
    "model promote --waive": Row(DESK, (1,), WRITES),
    "runbook run": Row(DESK, (0, 1), RESTARTS),
    "runbook run eod": Row(CLOSED, (0, 1), WRITES),
    "runbook resume": Row(DESK, (4,), WRITES),  # the run is over
    "runbook evidence": Row(DESK),
    "runbook list": Row(DESK, (0, 1)),
    "db": Row(DESK),
    "service install": Row(CHECKOUT),
    "reconcile": Row(CLOSED),
    "close": Row(CLOSED, turn=WRITES),
    "audit": Row(CLOSED),
    "audit verify": Row(CLOSED, (0, 1)),  # 1: of a day of so few entries nothing is signed yet
    "audit daily": Row(CLOSED, (0, 1)),
    "dr": Row(CLOSED),
    "dr backup": Row(CLOSED, (0, 1)),
    "export": Row(CLOSED, (0, 1)),  # 1: a step before it was done again meanwhile
    "rollup": Row(CLOSED, (0, 1), WRITES),
    "rollup --expire": Row(CLOSED),
    "replay": Row(CLOSED),
    "data": Row(CLOSED),
    "data restore": Row(CLOSED, (4,)),  # the frames are there
}

# A verb that is named alone, and what is said for it where it is run.
COMPLETED = {
    "tarazu data chart": "tarazu data chart DAY",
    "tarazu dr restore": "TARAZU_HOME=/srv/tarazu/again tarazu dr restore FILE --key VKEY",
    "tarazu engine tell FLATTEN": "tarazu engine tell FLATTEN --why ...",
    "tarazu engine tell HALT_STRATEGY --ref NAME": "tarazu engine tell HALT_STRATEGY --ref NAME --why ...",
    "tarazu incident bundle": "tarazu incident bundle INC-20261123-01",
    "tarazu incident open": "tarazu incident open --severity SEV3 --code LOOK --detail 'a look'",
    "tarazu ready --freeze-list": "tarazu ready --freeze-list qtyfreeze.csv",
    "tarazu risk halt": "tarazu risk halt --reason ...",
    "tarazu runbook resume": "tarazu runbook resume RUN",
    "tarazu runbook run": "tarazu runbook run monitor --auto",
    "tarazu runbook run eod": "tarazu runbook run eod --auto",
    "tarazu sim run": "tarazu sim run --size tiny -- python mybot.py",
    "tarazu sim serve --replay": "tarazu sim serve --replay CLIP",
    "tarazu why": "tarazu why ORDER",
}

# Of the words of a command: why it is parsed and never run. The longest that fits holds.
NOT_RUN = {
    "make": "a build, or tests: its recipes are there (make --dry-run)",
    "make setup": "makes the environment that runs this",
    "make test": "is what runs this",
    "make check": "lints and types: a step of its own of `make test`",
    "make bench": "half an hour, on a machine that does nothing else",
    "make days": "two hours",
    "make controls": "runs the tests of every control",
    "make demo": "tests/demo runs the demo from end to end",
    "make lock": "asks the package index for newer versions, and writes the locks",
    "tarazu demo": "tests/demo runs it from end to end",
    "tarazu bench": "a figure wants the machine for itself",
    "tarazu dst run": "a campaign; tests/dst lives days of it",
    "tarazu drill run": "tests/drills runs every drill",
    "tarazu paper": "asks Kite for its feed; tests/research has the paper desk on the simulated one",
    "tarazu train xgb": "minutes; tests/training trains on made days",
    "pip install": "asks the package index",
}

# These go on until Ctrl-C: ended once they have said something.
ENDLESS = ("sim serve", "feed tail", "feed record", "top", "logs --follow", "logs -f", "ready --watch")


def row_of(words: list[str]) -> Row:
    """Of `tarazu`'s words."""
    return VERBS.get(best(words, VERBS), ANYWHERE)


def best(words: list[str], keys: object) -> str:
    """The key of most words, all of which are said: its first ones in their place, its flags anywhere."""
    assert isinstance(keys, dict | tuple | list)
    fitting = [key for key in keys if _fits(words, key.split())]
    return max(fitting, key=lambda key: len(key.split()), default="")


def _fits(words: list[str], key: list[str]) -> bool:
    named = [word for word in key if not word.startswith("-")]
    return words[: len(named)] == named and all(flag in words for flag in key if flag.startswith("-"))
