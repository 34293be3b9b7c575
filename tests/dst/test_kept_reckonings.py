"""What is kept beside the orders until one changes is what would be reckoned anew, at every message of a day."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tarazu.dst.day import run_day
from tarazu.dst.halting import Halting
from tarazu.dst.life import Life
from tarazu.dst.oracle import _JUDGED, Oracle
from tarazu.engine.acts import Step
from tarazu.engine.messages import Stamped
from tarazu.orders import exposure
from tarazu.orders.blotter import Blotter
from tarazu.orders.standing import Standing, _is_done

SEEDS = range(500, 512)


def test_what_is_kept_is_what_would_be_reckoned_now(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: Counter[str] = Counter()
    wrong: set[str] = set()
    unmoved, listed, coolings = Standing.unmoved, Standing.open, Blotter.coolings

    def checked(standing: Standing, what: str, asked: object, reckon: Callable[[], Any]) -> Any:
        found = unmoved(standing, what, asked, reckon)
        asked_for[what] += 1
        if found != reckon():
            wrong.add(what)
        return found

    def checked_open(standing: Standing, read_ns: int, cooling_ns: int) -> Any:
        found = listed(standing, read_ns, cooling_ns)
        of_all = [standing._open[ref] for ref in sorted(standing._open)]
        if found != [o for o in of_all if not o.ended or o.cools(read_ns, cooling_ns) or not _is_done(o)]:
            wrong.add("open")
        return found

    def checked_coolings(blotter: Blotter) -> int:
        found = coolings(blotter)
        for (key, product), ((before, kept_by), kept) in blotter.standing.exposures.items():
            mine = [order for order in blotter.open_of(key) if order.product is product]
            asked_for["exposure"] += 1
            if kept_by == found and kept != exposure._sum(key, product, before, mine, blotter):
                wrong.add("exposure")
        return found

    monkeypatch.setattr(Blotter, "coolings", checked_coolings)
    monkeypatch.setattr(Standing, "unmoved", checked)
    monkeypatch.setattr(Standing, "open", checked_open)
    violations = [run_day(seed).violations for seed in SEEDS]
    assert not wrong
    assert violations == [()] * len(SEEDS)
    assert asked_for.keys() == {"gaps", "gaps among", "uncovered", "surplus", "exposure"}


def test_of_what_the_judges_are_not_told_they_would_keep_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told, skipped, wrong = Oracle.told, Counter[type](), set[str]()

    def checked(oracle: Oracle, life: Life, sequence: int, stamped: Stamped, step: Step) -> None:
        message = stamped.message
        if not step.acts and not step.outputs and not isinstance(message, _JUDGED):
            skipped[type(message)] += 1
            for judge in (oracle._halting, *oracle._judges):
                before = repr(vars(judge))
                judge.told(life, message, step, stamped.ts_ns)
                if repr(vars(judge)) != before:
                    wrong.add(f"{type(judge).__name__} at {type(message).__name__}")
        told(oracle, life, sequence, stamped, step)

    monkeypatch.setattr(Oracle, "told", checked)
    violations = [run_day(seed).violations for seed in SEEDS]
    assert not wrong
    assert violations == [()] * len(SEEDS)
    assert len(skipped) > 5


def test_the_loss_that_is_kept_is_the_one_that_would_be_reckoned_now(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, wrong, losses = Halting._loss_now, [], set[float]()

    def checked(halting: Halting) -> float:
        found = kept(halting)
        losses.add(found)
        if found != halting._loss():
            wrong.append(found)
        return found

    monkeypatch.setattr(Halting, "_loss_now", checked)
    for seed in SEEDS:
        run_day(seed)
    assert not wrong
    assert len(losses) > 100
