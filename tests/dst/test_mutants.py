"""Bugs on purpose: a simulation that would not tell of them tells nothing."""

import inspect

import pytest

from tarazu.dst.day import run_day
from tarazu.dst.mutants import MUTANTS, applied
from tarazu.dst.trials import SEEDS, trial
from tarazu.risk.controls import CONTROLS

OF_THE_WILD = {
    "retry_on_timeout", "timeout_is_failed", "lookup_once_retry", "absent_is_rejected", "send_first", "no_fsync",
    "fill_add", "last_wins", "terminal_sticky", "cancel_is_zero", "halt_mem", "tag_seq", "boot_forgets_unknown",
    "limit_filled_only", "exit_ignores_pending", "no_cooling", "rate_reset",
}  # fmt: skip


def of_its_controls(name):
    """The trial says of each control that it takes away whether the simulation would notice."""
    controls = MUTANTS[name].control.split()
    return pytest.param(name, marks=[pytest.mark.control(*controls)] if controls else [])


@pytest.mark.parametrize("name", [of_its_controls(name) for name in MUTANTS])
def test_every_mutant_is_caught_on_a_day_that_the_real_engine_survives(name, record_property):
    record_property("mutant", name)
    found = trial(name, SEEDS)
    assert found.is_caught, f"{MUTANTS[name].what}: {SEEDS} days did not tell"
    assert not run_day(found.seed).violations


def test_all_seventeen_of_the_wild_are_among_them():
    assert MUTANTS.keys() >= OF_THE_WILD
    assert {name for name in OF_THE_WILD if MUTANTS[name].seen == "ours"} == set()


def test_the_controls_that_a_mutant_takes_away_are_of_the_matrix():
    assert {control for mutant in MUTANTS.values() for control in mutant.control.split()} <= CONTROLS.keys()


def test_a_mutant_leaves_nothing_behind():
    parts = {(id(s.owner), s.name): (s.owner, s.name) for mutant in MUTANTS.values() for s in mutant.swaps}
    real = {at: inspect.getattr_static(*part) for at, part in parts.items()}
    for name, mutant in MUTANTS.items():
        with applied(name):
            for swap in mutant.swaps:
                assert inspect.getattr_static(swap.owner, swap.name) is not real[id(swap.owner), swap.name]
        assert all(inspect.getattr_static(*part) is real[at] for at, part in parts.items())
