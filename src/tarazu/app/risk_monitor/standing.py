"""The risk state, with or without a main: its health while that is current, else its journal; and halts it has yet to
take. Who, when and why are in the answer; the state is nowhere in memory alone."""

import time

import msgspec

from tarazu.app.health import BadHealth
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth, read_main_health
from tarazu.app.supervision.orphans import is_running
from tarazu.engine.halts import Halt, RiskState
from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    state: RiskState | None
    """None: it cannot be told, and `unknown` says why. With a halt that waits it is at least that."""
    halt: Halt | None = None
    source: str = ""
    """`main`, `journal`, `desk record`."""
    unknown: str = ""
    strategy_halts: dict[str, Halt] = {}
    health: MainHealth | None = None
    """Of a main that may be believed."""

    @property
    def is_halted(self) -> bool:
        return self.state is not RiskState.NORMAL


_LEVELS = {"SOFT_HALT": RiskState.SOFT_HALT}


def standing_of(home: Home, mono_ns: int | None = None) -> Standing:
    """Raises nothing about files: what does not read makes the state unknown."""
    health = _current(home, time.monotonic_ns() if mono_ns is None else mono_ns)
    if health is not None and health.phase is not None:
        state = health.halt.level if health.halt else RiskState.NORMAL
        return Standing(
            state=state, halt=health.halt, source="main", strategy_halts=health.risk.strategy_halts, health=health
        )
    return _without_main(home, health)


def _current(home: Home, mono_ns: int) -> MainHealth | None:
    try:
        health = read_main_health(home.main_health)
    except (BadHealth, OSError):
        return None
    # A file is believed for 1.5 s, and a main that died in them has said nothing of what was asked since.
    return health if health is not None and health.is_current(mono_ns) and is_running(health.pid) else None


def _without_main(home: Home, health: MainHealth | None) -> Standing:
    # The journal's codec: some 50 ms that a running main spares.
    from tarazu.app.main.desk_watch import pending_halts
    from tarazu.app.main.past import last_of
    from tarazu.engine.codec import BadPayload
    from tarazu.runtime.journal_reader import BrokenChain

    try:
        past = last_of(home.journal)
        waiting = pending_halts(home.desk, past.noted)
    except (BadPayload, BrokenChain, BadDeskRecord, OSError, ValueError) as bad:
        return Standing(state=None, unknown=f"{type(bad).__name__}: {bad}", health=health)
    halt, source = past.halt, "journal"
    for asked in waiting:
        halt, source = _harder(halt, asked, source)
    state = halt.level if halt is not None else RiskState.NORMAL
    return Standing(state=state, halt=halt, source=source, strategy_halts=past.strategy_halts, health=health)


def _harder(halt: Halt | None, asked: DeskEntry, source: str) -> tuple[Halt, str]:
    level = _LEVELS.get(str(asked.body.get("level")), RiskState.HARD_HALT)
    why = f"{asked.who}: {asked.body.get('why') or 'no reason was written'}"
    mine = Halt(code="OPERATOR", why=why, since_ns=asked.ts_ns, level=level)
    if halt is None or (halt.level is RiskState.SOFT_HALT and level is RiskState.HARD_HALT):
        return mine, "desk record, main has yet to take it"
    return halt, source
