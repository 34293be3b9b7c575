"""Whether the desk's state let entries out: kept by the journal's acts and people's words alone, beside the engine.

An entry that was intended while this says no came around the gate, or the gate has failed.
"""

from tarazu.app.day_audit.walk.seen import Seen
from tarazu.engine.acts import EntriesOff, HaltStrategy, Intend, MovePhase, SetHalt
from tarazu.engine.halts import Halt, harder
from tarazu.engine.messages import Commanded, Started, entries_off_after
from tarazu.engine.phase import Phase


class Permission:
    def __init__(self) -> None:
        self.phase: Phase = Phase.RECONCILING
        self.halt: Halt | None = None
        self.entries_off = ""
        self.strategy_halts: dict[str, Halt] = {}

    def begin(self, seen: Seen) -> None:
        match seen.message:
            case Started() as started:
                self.halt = harder(self.halt, started.halt)
                self.strategy_halts = {**started.strategy_halts, **self.strategy_halts}
                self.entries_off = self.entries_off or started.entries_off
            case Commanded() as word:
                self.entries_off = entries_off_after(self.entries_off, word)

    def take(self, act: object) -> None:
        match act:
            case MovePhase():
                self.phase = act.phase
            case SetHalt():
                self.halt = act.halt
            case EntriesOff():
                self.entries_off = self.entries_off or act.why
            case HaltStrategy():
                self.strategy_halts.pop(act.strategy, None)
                if act.halt is not None:
                    self.strategy_halts[act.strategy] = act.halt

    def refuses(self, act: Intend) -> str:
        """Why this entry should not have been let out; empty: nothing is against it."""
        strategy = self.strategy_halts.get(act.intent.strategy)
        if self.halt is not None:
            return f"{self.halt.level} {self.halt.code} stood"
        if strategy is not None:
            return f"the strategy was halted, {strategy.code}"
        if self.entries_off:
            return f"entries were off: {self.entries_off}"
        if self.phase is not Phase.ACTIVE:
            return f"the phase was {self.phase}"
        return "" if act.reference_paise else "it was weighed against no price"
