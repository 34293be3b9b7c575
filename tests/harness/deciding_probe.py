"""The probe, that says why: each thing it wants comes in a decision, as a strategy of a real day says it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from harness.probe import Plan, Probe
from tarazu.strategy.base import View
from tarazu.strategy.day import TradingDay
from tarazu.strategy.decision import Decision, Verb
from tarazu.strategy.wants import CancelWant, ChangeWant, EntryWant, ExitWant, Want


class DecidingProbe(Probe):
    def on_market(self, view: View) -> Iterable[Decision]:  # type: ignore[override]
        return _decided(super().on_market(view))

    def on_second(self, view: View) -> Iterable[Decision]:  # type: ignore[override]
        return _decided(super().on_second(view))


def _decided(wants: Iterable[Want]) -> Iterator[Decision]:
    for want in wants:
        match want:
            case EntryWant(key=key):
                yield Decision(strategy=Probe.name, verb=Verb.ENTER, about=key, why="it is time", wants=(want,))
            case ExitWant(key=key):
                yield Decision(strategy=Probe.name, verb=Verb.LEAVE, about=key, why="held long enough", wants=(want,))
            case CancelWant(ref=ref) | ChangeWant(ref=ref):
                yield Decision(strategy=Probe.name, verb=Verb.ADJUST, about=ref, why="it rests", wants=(want,))


def make(params: Mapping[str, Any], day: TradingDay) -> DecidingProbe:
    return DecidingProbe(msgspec.convert(params, Plan))
