"""How often each control said no, and to whom; what was wanted, decided and halted."""

from collections import Counter, defaultdict

import msgspec

from tarazu.app.day_audit.walk.seen import Seen
from tarazu.engine.acts import Alert, Decide, Decline, Deny, HaltStrategy, HoldWant, SetHalt
from tarazu.engine.messages import Commanded, Wanted
from tarazu.risk.controls import CONTROLS
from tarazu.risk.denial import Code
from tarazu.strategy.wants import EntryWant, SpreadWant

_ENTRIES = (EntryWant, SpreadWant)


class ControlRow(msgspec.Struct, frozen=True, kw_only=True):
    """One reason of the gate: who heard it how often. A want that several controls refuse is counted by each."""

    code: str
    controls: tuple[str, ...]
    """Ids of `risk.controls` that deny with it."""
    denied: int = 0
    by_strategy: dict[str, int] = {}


class Stage(msgspec.Struct, kw_only=True):
    """From decisions to fills, of one strategy."""

    strategy: str
    decisions: dict[str, int] = {}
    """By verb. A decision that repeated the one before is in no journal."""
    wants: int = 0
    """To enter: by decisions, or from outside. Of a strategy that says no decisions they are known by what came of
    them."""
    denied: int = 0
    orders: int = 0
    """Sent, protective stops left out."""
    filled: int = 0
    """Of them, those of which anything filled."""
    units: int = 0


class Halted(msgspec.Struct, frozen=True, kw_only=True):
    ts_ns: int
    sequence: int
    strategy: str
    """Empty: the account."""
    code: str
    """Empty: reset by a person."""
    why: str


class Controls:
    def __init__(self) -> None:
        self.stages: dict[str, Stage] = {}
        self.alerts: Counter[str] = Counter()
        """By `SEVERITY CODE`."""
        self.halts: list[Halted] = []
        self.words: Counter[str] = Counter()
        """Of people, by the order they gave."""
        self.declined = self.held = 0
        self._denied: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def take(self, seen: Seen) -> None:
        if isinstance(seen.message, Wanted) and isinstance(seen.message.want, _ENTRIES):
            self.stage(seen.message.want.strategy).wants += 1
        elif isinstance(seen.message, Commanded):
            self.words[str(seen.message.order)] += 1
        for act in seen.acts:
            self._act(act, seen)

    def stage(self, strategy: str) -> Stage:
        return self.stages.setdefault(strategy, Stage(strategy=strategy))

    def rows(self) -> list[ControlRow]:
        """One for each code there is, in the table's order; also those that never spoke."""
        ids = {code: tuple(c.id for c in CONTROLS.values() if code in c.codes) for code in Code}
        known = [str(code) for code in Code]
        codes = [*known, *(code for code in sorted(self._denied) if code not in known)]
        return [
            ControlRow(
                code=code,
                controls=ids[Code(code)] if code in known else (),
                denied=self._denied[code].total() if code in self._denied else 0,
                by_strategy=dict(sorted(self._denied[code].items())) if code in self._denied else {},
            )
            for code in codes
        ]

    def _act(self, act: object, seen: Seen) -> None:
        match act:
            case Deny():
                strategy = act.want.strategy
                self.stage(strategy).denied += isinstance(act.want, _ENTRIES)
                for code in {str(denial.code) for denial in act.denials}:
                    self._denied[code][strategy] += 1
            case Decide(decision=decision):
                stage = self.stage(decision.strategy)
                stage.decisions = dict(Counter(stage.decisions) + Counter([str(decision.verb)]))
                stage.wants += sum(isinstance(want, _ENTRIES) for want in decision.wants)
            case Alert():
                self.alerts[f"{act.severity} {act.code}"] += 1
            case SetHalt(halt=halt):
                code, why = (halt.code, f"{halt.level}: {halt.why}") if halt is not None else ("", "reset")
                self.halts.append(Halted(ts_ns=seen.ts_ns, sequence=seen.sequence, strategy="", code=code, why=why))
            case HaltStrategy(strategy=name, halt=halt):
                code, why = (halt.code, halt.why) if halt is not None else ("", "reset")
                self.halts.append(Halted(ts_ns=seen.ts_ns, sequence=seen.sequence, strategy=name, code=code, why=why))
            case Decline():
                self.declined += 1
            case HoldWant():
                self.held += 1
