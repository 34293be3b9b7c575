"""The folder of a demo: made afresh, never somebody else's, and the run before kept once."""

from pathlib import Path

import pytest

from tarazu.app.demo import place as place_module
from tarazu.app.demo.options import BadDemo
from tarazu.app.demo.place import LOCK, MARK, PREVIOUS, demo_place
from tarazu.app.home import Home


def test_it_makes_a_home_and_a_second_run_keeps_the_first_as_previous_once(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "demo"
    for number in (1, 2, 3):
        with demo_place(folder, "1.0") as place:
            place.report.write_text(f"run {number}")
            assert place.home.root == folder / "home" / "sim" and place.home.root.is_dir()
    assert (folder / PREVIOUS / "report.html").read_text() == "run 2"
    assert not (folder / PREVIOUS / PREVIOUS).exists()
    assert sorted(path.name for path in folder.iterdir()) == ["home", "lock", "previous", "report.html", MARK]


def test_a_first_run_that_was_killed_before_its_mark_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / LOCK).touch()
    with demo_place(tmp_path, "1.0") as place:
        assert (place.folder / MARK).is_file()


def test_a_lock_that_says_something_is_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("mine")
    with pytest.raises(BadDemo, match="is no demo's"), demo_place(tmp_path, "1.0"):
        pytest.fail("it was begun")


@pytest.mark.parametrize("name", ["letter.txt", "home"])
def test_a_folder_of_somebody_else_is_refused_and_not_touched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("keep me")
    with pytest.raises(BadDemo, match="is no demo's"), demo_place(tmp_path, "1.0"):
        pytest.fail("it was begun")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(BadDemo, match="no folder of its own"), demo_place(tmp_path / "link", "1.0"):
        pytest.fail("it was begun")


def test_two_at_once_in_one_folder_are_refused(tmp_path: Path) -> None:
    with (
        demo_place(tmp_path / "demo", "1.0"),
        pytest.raises(BadDemo, match="another demo runs"),
        demo_place(tmp_path / "demo", "1.0"),
    ):
        pytest.fail("it was begun")


def test_what_a_broken_off_run_has_left_is_no_hindrance(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with pytest.raises(KeyboardInterrupt), demo_place(folder, "1.0"):
        raise KeyboardInterrupt
    with demo_place(folder, "1.0") as place:
        assert place.home.root.is_dir() and (folder / PREVIOUS / "home").is_dir()


def test_a_folder_that_cannot_be_made_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("keep me")
    with pytest.raises(BadDemo, match=r"cannot be used .*Not a directory"), demo_place(tmp_path / "file" / "d", "1.0"):
        pytest.fail("it was begun")


def test_processes_are_ended_though_it_is_broken_off_while_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[Home] = []

    def sweep(home: Home) -> None:
        swept.append(home)
        if len(swept) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(place_module, "sweep", sweep)
    with pytest.raises(KeyboardInterrupt), demo_place(tmp_path / "demo", "1.0"):
        pass
    assert len(swept) == 2
