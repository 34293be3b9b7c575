"""The account's risk state, and that of each strategy: what raises them. Only a person takes one back.

The day's result is marked once a second; what cannot be computed is not taken for zero.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tarazu.engine.acts import HaltStrategy, Severity
from tarazu.engine.messages import Halt, RiskState
from tarazu.engine.run import Run
from tarazu.risk.denial import Code, Denial

if TYPE_CHECKING:
    from tarazu.engine.weighing import Adding


def denials(run: Run, adding: Sequence["Adding"]) -> Iterable[Denial]:
    """LOSS and STRATEGY."""
    for strategy in dict.fromkeys(one.want.strategy for one in adding):
        if halt := run.state.strategy_halts.get(strategy):
            yield Denial(Code.STRATEGY, f"{halt.code}: {halt.why}", "a person's RESET_STRATEGY")


def watch(run: Run) -> None:
    """Marks the day, and halts by what it finds."""


def halt_strategy(run: Run, strategy: str, code: str, why: str) -> None:
    """Latched: its working entries are cancelled, its positions keep their stops, and nobody asks it."""
    if strategy in run.state.strategy_halts:
        return
    halt = Halt(code=code, why=why, since_ns=run.now_ns, level=RiskState.HARD_HALT)
    run.act(HaltStrategy(strategy=strategy, halt=halt))
    run.alert(Severity.SEV2, "STRATEGY_HALT", strategy, f"{code}: {why}")
