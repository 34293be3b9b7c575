"""What happens on a few days alone: it comes, it is refused, and the other days do not notice."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tarazu.dst import happenings, plan
from tarazu.dst.ailing import Ailing
from tarazu.dst.day import run_day
from tarazu.dst.happenings import ODDS, happenings_of
from tarazu.dst.master import EXPIRED
from tarazu.dst.mutants import applied
from tarazu.dst.options import DayOptions
from tarazu.dst.plan import plan_of
from tarazu.dst.world import World
from tarazu.engine import messages as m
from tarazu.engine.acts import Deny, Step
from tarazu.model import ist
from tarazu.risk.denial import Code

DAYS = 300
MARK = {
    "untradable": "wanted_untradable",
    "far_leg": "wanted_far_leg",
    "late": "wanted_late_mis",
    "pilot_on": "pilot_switched_on",
    "full_disk": "disk_full_for_minutes",
}


def days_of(name: str) -> Iterator[int]:
    return (seed for seed in range(DAYS) if name in happenings_of(seed))


def test_each_happens_on_some_days_and_most_have_none() -> None:
    days = [happenings_of(seed) for seed in range(DAYS)]
    assert all(sum(name in day for day in days) >= 8 for name in ODDS)
    assert sum(not day for day in days) > 0.6 * DAYS


def test_a_small_day_has_none() -> None:
    seed = next(days_of("late"))
    assert plan_of(seed, "full").happens and not plan_of(seed, "small").happens


@pytest.mark.parametrize("name", ODDS)
def test_it_leaves_its_mark_before_a_few_of_its_days_have_passed(name: str) -> None:
    assert MARK.keys() == ODDS.keys()
    assert any(run_day(seed).marks[MARK[name]] for _, seed in zip(range(4), days_of(name), strict=False))


def test_days_on_which_nothing_of_it_happens_are_as_if_there_were_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    calm = [seed for seed in range(20) if not happenings_of(seed)][:4]
    before = [run_day(seed).digest for seed in calm]
    other = next(days_of("untradable"))
    with_it = run_day(other).digest
    monkeypatch.setattr(happenings, "ODDS", {})
    assert plan_of(other, "full").happens == frozenset() == plan.happenings_of(other)
    assert [run_day(seed).digest for seed in calm] == before and run_day(other).digest != with_it


def denials(seed: int) -> dict[Code, int]:
    """Of what has expired, by the control that said no."""
    world, found = World(seed, DayOptions()), dict[Code, int]()
    told = world.oracle.told

    def heard(life, sequence, stamped, step):  # type: ignore[no-untyped-def]
        for act in step.acts:
            if isinstance(act, Deny) and getattr(act.want, "key", "") == EXPIRED.key:
                found.update({no.code: found.get(no.code, 0) + 1 for no in act.denials})
        told(life, sequence, stamped, step)

    world.oracle.told = heard  # type: ignore[method-assign]
    world.run()
    return found


def test_what_has_expired_is_always_refused_and_for_that_reason() -> None:
    found = denials(next(days_of("untradable")))
    assert found[Code.INSTRUMENT] == max(found.values()) > 0


def test_a_late_day_crosses_the_cut_offs_while_all_is_still_wanted() -> None:
    for seed in days_of("late"):
        drawn = plan_of(seed, "full")
        opened = World(seed, DayOptions()).opened_ns
        first, last = (f"{ist.clock_of(ns):%H:%M}" for ns in (opened, opened + drawn.safety_ns))
        assert "14:45" < first < "15:10" < last < "15:27"


FEED_OUT = 40
"""A seed whose feed stands still for more than half a minute with something held, and may for five seconds."""


def test_without_the_feed_halt_its_judge_convicts_and_with_it_it_is_silent() -> None:
    with applied("no_feed_halt"):
        found = run_day(FEED_OUT).violations[0]
    assert found.invariant == "C25" and "nothing is halted" in found.text
    assert not run_day(FEED_OUT).violations


def reset(world: World, judge: Ailing, incident: str) -> None:
    said = m.Commanded(order=m.Order.RESET_HALT, who="a", why="b", incident=incident)
    judge.told(world.life, said, Step((), ()), 0)  # type: ignore[arg-type]


def test_an_entry_after_it_is_wrong_until_a_person_has_looked_into_it() -> None:
    """Whatever the engine says of itself: the request is what is judged."""
    world, request = World(FEED_OUT, DayOptions()), SimpleNamespace(ref="T1")
    judge = Ailing(world.oracle, world)
    judge.entering(request)  # type: ignore[arg-type]
    assert not world.oracle.violations
    with applied("no_feed_halt"):
        world.oracle._judges = (judge,)  # type: ignore[assignment]
        world.run()
    before = len(world.oracle.violations)
    for incident in ("", "INC-1"):
        judge.entering(request)  # type: ignore[arg-type]
        reset(world, judge, incident)
    judge.entering(request)  # type: ignore[arg-type]
    found = [violation.text for violation in world.oracle.violations[before:]]
    assert len(found) == 2, "a word without an incident takes nothing back, and one with it all"
    assert all("no person has looked into it: the feed stood still" in text for text in found)
