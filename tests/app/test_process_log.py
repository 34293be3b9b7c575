"""The end of a log, and what comes after a mark."""

from pathlib import Path

from tarazu.app.supervision.process_log import LogMark, following, last_lines


def test_the_last_lines_are_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    assert last_lines(log, 3) == ()
    log.write_text("".join(f"line {n}\n" for n in range(20_000)) + "unfinished")
    assert last_lines(log, 2) == ("line 19998", "line 19999")
    assert last_lines(log, 0) == ()
    assert last_lines(log, 15_000)[0] == "line 5000"


def test_a_mark_shows_only_what_came_after_it_and_survives_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("before\n")
    mark = LogMark(log)
    assert mark.last_lines() == ()
    with log.open("a") as more:
        more.write("after\n")
    assert mark.last_lines() == ("after",)
    log.unlink()
    log.write_text("anew\n")
    assert mark.last_lines() == ("anew",)


def test_a_log_is_followed_through_a_rotation_without_losing_a_line(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("1\n2\npart")
    lines = following(log, 1, look_s=0.0)
    assert next(lines) == "2"
    with log.open("a") as more:
        more.write("ly\n4\n")
    assert (next(lines), next(lines)) == ("partly", "4")
    log.rename(tmp_path / "a.log.1")
    log.write_text("5\n")
    assert next(lines) == "5"
