"""When a strategy is called about the market: by what it watches, or by its own program (`strategy.compiled`)."""

from collections.abc import Collection, Iterable

from tarazu.strategy.base import Strategy, View, Word

FEW = 16
"""Keys that are looked up one by one in what changed; of more, what changed is gone through up to the first of them."""


class StepFailed(Exception):
    """A program's step has raised."""


def concerns(strategy: Strategy, changed: Collection[str]) -> bool:
    """Whether frames that changed this are to be told to it. One that carries a program says it itself."""
    woken = is_woken(strategy)
    if woken is not None:
        return woken
    watches = strategy.watches
    return any(key in changed for key in watches) if len(watches) <= FEW else not watches.isdisjoint(changed)


def is_woken(strategy: Strategy) -> bool | None:
    """Whether its program wants it called at this message about the market; None of a strategy without one."""
    program = getattr(strategy, "program", None)
    return None if program is None else bool(program.woken)


def on_market(strategy: Strategy, view: View) -> Iterable[Word]:
    """What it says of the market. Raises what it raises, and StepFailed where its program has."""
    program = getattr(strategy, "program", None)
    if program is not None and program.failed:
        raise StepFailed(f"the compiled step {program.step.name} raised: step.call runs it on the frame's arrays")
    return strategy.on_market(view)
