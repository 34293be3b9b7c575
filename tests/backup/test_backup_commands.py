"""`tarazu dr`: on nothing, on an empty day, twice, out of order: a clear verdict, and the desk's record has each."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.backed_up_desk import goes_on
from harness.journalled_desk import JournalledDesk
from tarazu.app.backup.latest import latest_backup
from tarazu.app.closing.standing import standing_of
from tarazu.app.closing.steps import done, step_done
from tarazu.app.home import Home, Profile
from tarazu.ops import dr_backup, dr_drill, dr_restore, dr_verify
from tarazu.runtime.desk_record import DeskKind, whole

DAY = date(2026, 11, 23)
COMMANDS = {module.COMMAND: module.command for module in (dr_backup, dr_drill, dr_restore, dr_verify)}
Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("dr.backup", ...)`: its exit code and JSON. Text is asked for as well, and has to say the same."""
    for name in ("TARAZU_PROFILE", "TARAZU_AGE_IDENTITY", "TARAZU_AGE_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))

    def run_it(name: str, *words: str, home: Path = tmp_path) -> tuple[int, dict[str, Any]]:
        monkeypatch.setenv("TARAZU_HOME", str(home))
        done_ = CliRunner().invoke(COMMANDS[name], [*words, "--json"], standalone_mode=False)
        assert done_.exception is None, done_.exception
        told = json.loads(done_.output)
        assert told["exit_code"] == done_.return_value
        return told["exit_code"], told

    return run_it


def codes(told: dict[str, Any]) -> list[str]:
    return [check["code"] for check in told["checks"]]


def made(desk: JournalledDesk) -> Path:
    standing = latest_backup(desk.home)
    assert standing is not None
    return Path(standing.file.path)


def test_without_a_home_each_says_so_and_makes_none(run: Run, tmp_path: Path) -> None:
    assert [run("dr.backup")[0], codes(run("dr.backup")[1])] == [4, ["NO_HOME"]]
    assert [run("dr.drill")[0], codes(run("dr.drill")[1])] == [3, ["NOT_A_FILE"]]
    assert [run("dr.verify", "x.tar")[0], run("dr.restore", "x.tar")[0]] == [3, 3]
    assert not (tmp_path / "sim").exists()


def test_an_empty_home_is_backed_up_and_comes_back(run: Run, tmp_path: Path) -> None:
    Home(Profile.SIM, tmp_path / "sim").make()
    code, told = run("dr.backup", "--date", "2026-11-23")
    assert code == 1 and codes(told) == ["OUT_OF_ORDER"] and told["backup"]["proven"]
    assert told["verdict"] == "BACKED_UP WARN" and told["journal"] == []
    assert run("dr.drill")[0] == 0


def test_the_step_of_the_close_stands_on_the_root_that_was_backed_up(run: Run, desk: JournalledDesk) -> None:
    code, told = run("dr.backup", "--date", "2026-11-23")
    entry = step_done(desk.home, DAY, DeskKind.BACKED_UP)
    assert entry is not None and code == done(entry).exit == 1, "out of its turn, and told"
    assert done(entry).standing == standing_of(desk.home, DAY)
    assert entry.body["backup"] == told["backup"] and done(entry).passed


def test_twice_there_are_two_and_the_last_one_counts(run: Run, desk: JournalledDesk) -> None:
    first = run("dr.backup", "--date", "2026-11-23")[1]["backup"]
    second = run("dr.backup", "--date", "2026-11-23")[1]["backup"]
    assert first["path"] != second["path"] and Path(first["path"]).exists()
    assert made(desk) == Path(second["path"])


def test_verify_says_what_it_is_and_changes_nothing(run: Run, desk: JournalledDesk) -> None:
    run("dr.backup", "--date", "2026-11-23")
    path, lines = made(desk), len(list(whole(desk.home.desk)))
    code, told = run("dr.verify", str(path))
    assert (code, told["verdict"]) == (0, "VERIFIED") and told["journal"][0]["entries"]
    assert len(list(whole(desk.home.desk))) == lines and len(list(path.parent.iterdir())) == 1
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    code, told = run("dr.verify", str(path))
    assert code == 2 and told["verdict"] == "BAD" and codes(told)[0] in ("WRONG_HASH", "BAD_HEADER")


@pytest.mark.control("C37")
def test_a_drill_says_how_long_it_takes_what_would_be_lost_and_the_record_has_it(
    run: Run, desk: JournalledDesk
) -> None:
    run("dr.backup", "--date", "2026-11-23")
    goes_on(desk)
    code, told = run("dr.drill")
    assert (code, told["verdict"]) == (0, "RECOVERED") and told["took_sec"] > 0
    assert told["newer"]["2026-11-23"] > 0
    last = list(whole(desk.home.desk))[-1]
    assert last.kind is DeskKind.RESTORED and last.body["drill"] is True
    assert last.body["backup"]["path"] == str(made(desk))


@pytest.mark.control("C37")
def test_a_drill_of_a_backup_that_is_gone_or_altered_is_no_proof(run: Run, desk: JournalledDesk) -> None:
    run("dr.backup", "--date", "2026-11-23")
    path, lines = made(desk), len(list(whole(desk.home.desk)))
    raw = path.read_bytes()
    path.write_bytes(raw[:-512])
    assert run("dr.drill", str(path))[0] == 2
    path.unlink()
    code, told = run("dr.drill")
    assert code == 3 and codes(told) == ["NOT_A_FILE"]
    assert len(list(whole(desk.home.desk))) == lines


def test_on_an_empty_machine_the_key_that_was_kept_opens_it(run: Run, desk: JournalledDesk, tmp_path: Path) -> None:
    run("dr.backup", "--date", "2026-11-23")
    path, new = str(made(desk)), tmp_path / "new"
    code, told = run("dr.restore", path, home=new)
    assert code == 4 and codes(told) == ["NO_KEY"] and not (new / "sim").exists()
    code, told = run("dr.restore", path, "--key", "nonsense", home=new)
    assert code == 4 and codes(told) == ["NO_KEY"]
    kept = (desk.home.keys / "journal.vkey").read_text()
    code, told = run("dr.restore", path, "--key", kept, "--profile", "paper", home=new)
    assert code == 4 and codes(told) == ["OTHER_PROFILE"]
    code, told = run("dr.restore", path, "--key", kept, home=new)
    assert (code, told["verdict"]) == (0, "RESTORED") and (new / "sim" / "journal" / "2026-11-23").is_dir()
    code, told = run("dr.restore", path, "--key", kept, home=new)
    assert code == 4 and codes(told) == ["TARGET_EXISTS"]


def test_what_was_damaged_before_is_told_with_its_exit_code_and_stands_in_the_record(
    run: Run, desk: JournalledDesk
) -> None:
    desk.close()
    segment = desk.home.journal / "2026-11-23" / "000001.seg"
    raw = bytearray(segment.read_bytes())
    raw[400] ^= 1
    segment.write_bytes(raw)
    code, told = run("dr.backup", "--date", "2026-11-23")
    assert code == 2 and "SOURCE_DAMAGED" in codes(told) and Path(told["backup"]["path"]).exists()
    entry = step_done(desk.home, DAY, DeskKind.BACKED_UP)
    assert entry is not None and not done(entry).passed


def test_a_torn_tail_is_what_a_killed_writer_leaves_and_no_damage(run: Run, desk: JournalledDesk) -> None:
    desk.close()
    segment = desk.home.journal / "2026-11-23" / "000001.seg"
    with segment.open("r+b") as file:
        file.seek((len(segment.read_bytes().rstrip(b"\0")) + 7) & ~7)
        file.write(b"\x99\1\0\0half a frame")
    code, told = run("dr.backup", "--date", "2026-11-23")
    assert code == 1 and "TORN_TAIL" in codes(told) and "SOURCE_DAMAGED" not in codes(told)


def test_a_folder_that_cannot_be_written_is_a_failure_that_is_written_down(
    run: Run, desk: JournalledDesk, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    code, told = run("dr.backup", "--to", str(tmp_path / "file" / "x"), "--date", "2026-11-23")
    assert code == 2 and codes(told) == ["FAILED"]
    entry = step_done(desk.home, DAY, DeskKind.BACKED_UP)
    assert entry is not None and entry.body["verdict"] == "FAILED" and latest_backup(desk.home) is None


def test_the_settings_say_where_and_for_whom(run: Run, desk: JournalledDesk, tmp_path: Path) -> None:
    key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    desk.home.settings_file.write_text(f'[backup]\nfolder = "{tmp_path}/there"\nrecipient = "{key}"\nfeed_days = 0\n')
    told = run("dr.backup", "--date", "2026-11-23")[1]
    assert told["backup"]["sealed"] and Path(told["backup"]["path"]).parent == tmp_path / "there"
    assert any(one["what"].startswith("feed/") for one in told["left_out"])
    code, told = run("dr.drill")
    assert code == 4 and codes(told) == ["SEALED"], "this machine has no key for it"
    desk.home.settings_file.write_text("[backup]\nfoldr = 3\n")
    assert codes(run("dr.backup")[1]) == ["FAILED"]


def test_help_is_quick_to_come() -> None:
    code = (
        "import sys; from tarazu.ops import dr_backup, dr_drill, dr_restore, dr_verify;"
        "print({m for m in sys.modules} & {'numpy', 'numba', 'polars', 'asyncio', 'cryptography', 'pyrage', 'apsw'})"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
