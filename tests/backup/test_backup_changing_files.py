"""Files that processes replace while a backup is packed: each is in it as it was in one moment, and none that another
names is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.backed_up_desk import FLAGS, backed_up
from harness.journalled_desk import JournalledDesk
from tarazu.app.backup.make import Made, _Making
from tarazu.app.backup.parts.gathering import Gathering
from tarazu.app.backup.refusal import Refused
from tarazu.app.backup.restore import came_back
from tarazu.app.data.steps import steps

NEXT = "flags/000002-aaaaaaaaaaaa.json"


def meanwhile(patch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """What processes do between the look at the files and their packing."""
    gathered = _Making._gathered

    def then(making: _Making) -> Gathering:
        into = gathered(making)
        change()
        return into

    patch.setattr(_Making, "_gathered", then)


def back(made: Made, desk: JournalledDesk, folder: Path) -> Path:
    found = came_back(Path(made.file.path), folder, (desk.verifier,), steps())
    assert not isinstance(found, Refused), found
    return folder


def test_a_file_that_is_replaced_meanwhile_is_the_one_before_and_not_the_beginning_of_the_next(
    desk: JournalledDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.home.settings_file.read_text()
    meanwhile(monkeypatch, lambda: desk.home.settings_file.write_text("[feed]\nsentinels = 40\n[ship]\n"))
    assert (back(backed_up(desk.home), desk, tmp_path / "back") / "tarazu.toml").read_text() == before


def test_what_a_pointer_names_is_there_whoever_moves_it_meanwhile(
    desk: JournalledDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointer = desk.home.flags / "active"
    pointer.write_text(Path(FLAGS).stem)

    def set_flags() -> None:
        (desk.home.root / NEXT).write_text("{}")
        pointer.write_text(Path(NEXT).stem)

    meanwhile(monkeypatch, set_flags)
    flags = back(backed_up(desk.home), desk, tmp_path / "back") / "flags"
    assert (flags / f"{(flags / 'active').read_text()}.json").is_file()


def test_a_small_file_that_is_gone_meanwhile_costs_no_backup(
    desk: JournalledDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = desk.home.alerts / "waiting.json"
    alert.parent.mkdir(exist_ok=True)
    alert.write_text("{}")
    meanwhile(monkeypatch, alert.unlink)
    assert (back(backed_up(desk.home), desk, tmp_path / "back") / "alerts" / "waiting.json").read_text() == "{}"


def test_a_master_that_is_replaced_meanwhile_is_told_and_never_half_of_each(
    desk: JournalledDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    master = desk.home.masters / "2026-11-23.json"
    meanwhile(monkeypatch, lambda: master.write_text("another one, and longer than before\n"))
    made = backed_up(desk.home)
    assert not (back(made, desk, tmp_path / "back") / "masters" / "2026-11-23.json").exists()
    assert [(one.what, one.is_wrong) for one in made.manifest.left_out if one.what.startswith("masters")] == [
        ("masters/2026-11-23.json", True)
    ]


def test_the_account_of_the_paper_exchange_and_the_evidence_of_a_flatten_are_in_it(
    desk: JournalledDesk, tmp_path: Path
) -> None:
    for name in ("paper/2026-11-23.jsonl", "flatten-evidence.jsonl"):
        (desk.home.root / name).parent.mkdir(exist_ok=True)
        (desk.home.root / name).write_text(f"{name}\n")
    home = back(backed_up(desk.home), desk, tmp_path / "back")
    assert (home / "paper" / "2026-11-23.jsonl").is_file() and (home / "flatten-evidence.jsonl").is_file()
