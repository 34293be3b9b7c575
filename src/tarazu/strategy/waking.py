"""When a strategy is called about the market: by what it watches, or by its own program (`strategy.compiled`)."""

from collections.abc import Collection

from tarazu.strategy.base import Strategy


def concerns(strategy: Strategy, changed: Collection[str]) -> bool:
    """Whether frames that changed this are to be told to it. One that carries a program says it itself."""
    woken = is_woken(strategy)
    return any(key in changed for key in strategy.watches) if woken is None else woken


def is_woken(strategy: Strategy) -> bool | None:
    """Whether its program wants it called at this message about the market; None of a strategy without one."""
    program = getattr(strategy, "program", None)
    return None if program is None else bool(program.woken)
