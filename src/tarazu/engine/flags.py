"""The desk's flags, kept to: what is switched off enters nothing, and a strategy's size is cut before it is weighed.

One code, FLAG_OFF, for every no. Exits, stops and cancellations never come here.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec

from tarazu.engine.run import Run
from tarazu.engine.state import EngineState
from tarazu.risk.denial import Code, Denial
from tarazu.risk.flags import WHOLE_PCT, Flags
from tarazu.strategy.wants import EntryWant, SpreadWant

if TYPE_CHECKING:
    from tarazu.engine.weighing import Adding

_Entering = TypeVar("_Entering", EntryWant, SpreadWant)


def denials(run: Run, adding: Sequence["Adding"]) -> Iterable[Denial]:
    """What is switched off, new or a change; and more of an order whose strategy's size is cut: what it wants is the
    whole, and how much of it was left is no longer known."""
    flags = run.state.flags
    if flags.entries and not flags.strategies:
        return  # nothing is switched off or cut
    for strategy in dict.fromkeys(one.want.strategy for one in adding):
        if off := flags.off(strategy):
            yield Denial(Code.FLAG_OFF, off, _version(flags))
        elif flags.of(strategy).size_pct < WHOLE_PCT and any(one.ref and one.qty for one in adding):
            observed = f"more of an order while strategy.{strategy}.size_pct is {flags.of(strategy).size_pct}"
            yield Denial(Code.FLAG_OFF, observed, "cancel it, and want it anew")


def sized(state: EngineState, want: _Entering) -> _Entering | Denial:
    """As many whole lots, or sets of a spread, as the flags leave of it; a denial where that is none. What is no whole
    number of lots is left as it is, for the gate to say so; what is off, too."""
    pct = state.flags.of(want.strategy).size_pct
    if not 0 < pct < WHOLE_PCT:
        return want
    if isinstance(want, SpreadWant):
        return _less(state, want, "sets", want.sets, 1)
    instrument = state.instruments.get(want.key)
    lot = instrument.lot_size if instrument is not None else 0
    return want if lot <= 0 or want.qty % lot else _less(state, want, "qty", want.qty, lot)


def _less(state: EngineState, want: _Entering, field: str, size: int, lot: int) -> _Entering | Denial:
    if size <= 0:
        return want
    flags = state.flags
    pct = flags.of(want.strategy).size_pct
    left = size * pct // (WHOLE_PCT * lot) * lot
    if left:
        return msgspec.structs.replace(want, **{field: left})
    unit = "set" if field == "sets" else f"lot of {lot}"
    observed = f"strategy.{want.strategy}.size_pct is {pct}: {pct} % of {size} is less than a {unit}"
    return Denial(Code.FLAG_OFF, observed, _version(flags))


def _version(flags: Flags) -> str:
    return f"flags version {flags.version}"
