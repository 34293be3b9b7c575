"""A gate with a hole: each function takes a table of controls and returns it without one, or with one that says yes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from tarazu.engine.run import Run
from tarazu.portfolio.pnl import Drawdown
from tarazu.risk.denial import Code, Denial

Real = Any
Wrong = Callable[[Real], Any]


def without(check: Callable[..., Any]) -> Wrong:
    """For a table of checks."""
    return lambda table: tuple(one for one in table if one is not check)


def deaf_to(code: Code, word: str = "") -> Wrong:
    """For `weighing.BESIDE`: a no of `code` in which `word` is said is not heard."""

    def deaf(real: Callable[..., Iterable[Denial]]) -> Callable[..., Iterable[Denial]]:
        def denials(run: Run, adding: Sequence[Any]) -> list[Denial]:
            return [no for no in real(run, adding) if no.code is not code or word not in no.observed]

        return denials

    return lambda table: tuple(deaf(one) for one in table)


def always_empty(real: Real) -> Any:
    return lambda *args, **kwargs: ""


def never(real: Real) -> Any:
    return lambda *args, **kwargs: False


def nothing_is_lost(real: Real) -> Any:
    """For `carry_out`'s drawdown: a result that never moves."""

    def after(self: Drawdown, net_paise: Any) -> Drawdown:
        return msgspec.structs.replace(self, net_paise=0)

    return after


def everybody_is_asked(real: Real) -> Any:
    """For `strategies._hear`: halted or not."""

    def hear(run: Run, strategy: Any, call: Any) -> None:
        halts, run.state.strategy_halts = run.state.strategy_halts, {}
        try:
            real(run, strategy, call)
        finally:
            run.state.strategy_halts = halts | run.state.strategy_halts

    return hear
