"""A command is imported when it is looked at, with the garbage collector at rest, and not a moment longer."""

import gc
import sys
from pathlib import Path

import click
import pytest

from tarazu.cli.lazy import LazyGroup

PROBE = "import gc, click\nCOLLECTS = gc.isenabled()\ncommand = click.Command('probe')\n"


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LazyGroup:
    (tmp_path / "gc_probe.py").write_text(PROBE)
    (tmp_path / "broken_probe.py").write_text("raise ValueError('it does not import')\n")
    monkeypatch.syspath_prepend(tmp_path)
    return LazyGroup("probes", lazy={"probe": ("gc_probe", "one"), "broken": ("broken_probe", "two")})


def test_what_an_import_makes_is_not_looked_through_for_garbage(group: LazyGroup) -> None:
    found = group.get_command(click.Context(group), "probe")
    assert found is not None and sys.modules["gc_probe"].COLLECTS is False
    assert gc.isenabled()


def test_the_collector_goes_on_where_a_command_cannot_be_imported(group: LazyGroup) -> None:
    with pytest.raises(ValueError):
        group.get_command(click.Context(group), "broken")
    assert gc.isenabled()


def test_who_has_switched_it_off_finds_it_off(group: LazyGroup) -> None:
    gc.disable()
    try:
        group.get_command(click.Context(group), "probe")
        assert not gc.isenabled()
    finally:
        gc.enable()
