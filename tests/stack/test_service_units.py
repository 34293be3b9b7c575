"""systemd units: what is in them, what is not, and that systemd takes them."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tarazu
from tarazu.app.home import Home, Profile
from tarazu.app.stack.units import name_of, quoted, units
from tarazu.app.verdict import Exit
from tarazu.ops.service_install import install

CHECKED = shutil.which("systemd-analyze") is not None


@pytest.mark.parametrize("user", [None, "trader"], ids=["of a user", "of the machine"])
@pytest.mark.parametrize("profile", Profile)
def test_they_are_written_checked_and_written_again_without_a_change(
    tmp_path: Path, profile: Profile, user: str | None
) -> None:
    home = Home(profile, tmp_path / "a desk of 100%" / profile)
    home.make()
    told = install(home, tmp_path / "units", user and "root", force=False)
    assert told.word == "WRITTEN" and told.exit_code == (Exit.OK if CHECKED else Exit.WARN), told.text()
    assert "enable --now" in told.text()
    assert install(home, tmp_path / "units", user and "root", force=False).exit_code == told.exit_code


def test_no_secret_and_no_leave_to_trade_is_in_them(tmp_path: Path) -> None:
    text = "".join(units(Home(Profile.LIVE, tmp_path / "live"), user="trader").values())
    assert "TARAZU_ALLOW_LIVE" not in text and "KITE" not in text
    assert "User=trader" in text and "Restart=on-failure" in text and "OnFailure=tarazu-live-alarm.service" in text


def test_a_unit_that_somebody_has_changed_stays_unless_it_is_asked_for(tmp_path: Path) -> None:
    home = Home(Profile.SIM, tmp_path / "sim")
    install(home, tmp_path / "units", None, force=False)
    theirs = tmp_path / "units" / f"{name_of(Profile.SIM)}.service"
    theirs.write_text("theirs")
    told = install(home, tmp_path / "units", None, force=False)
    assert (told.word, told.exit_code) == ("REFUSED", Exit.REFUSED) and theirs.read_text() == "theirs"
    install(home, tmp_path / "units", None, force=True)
    assert theirs.read_text() != "theirs"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = install(Home(Profile.SIM, tmp_path / "sim"), tmp_path / "file" / "units", None, force=False)
    assert (told.word, told.exit_code) == ("FAILED", Exit.CRIT) and "NOT_WRITTEN" in told.text()


@pytest.mark.skipif(not CHECKED, reason="no systemd-analyze here")
def test_what_systemd_does_not_understand_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {"tarazu-sim.service": "[Service]\nType=simple\nNoSuchOption=1\nExecStart=/no/such/program\n"}
    monkeypatch.setattr("tarazu.ops.service_install.units", lambda home, user: odd)
    told = install(Home(Profile.SIM, tmp_path / "sim"), tmp_path / "units", None, force=False)
    assert told.exit_code == Exit.CRIT and "UNIT_FAULT" in told.text()


def exec_of(unit: str, option: str) -> list[str]:
    """The words of its command line, as systemd reads them."""
    (line,) = (line for line in unit.splitlines() if line.startswith(f"{option}="))
    return [
        word.replace("$$", "$").replace("%%", "%") for word in shlex.split(line.partition("=")[2].removeprefix("-"))
    ]


@pytest.mark.parametrize(("down", "is_a_failure"), [(0, False), (1, False), (2, True), (3, True), (5, True)])
def test_a_stop_that_leaves_positions_behind_is_no_failure_of_the_service(
    tmp_path: Path, down: int, is_a_failure: bool
) -> None:
    words = exec_of(units(Home(Profile.SIM, tmp_path / "sim"), user=None)["tarazu-sim.service"], "ExecStop")
    at = words.index("-P") - 1
    assert words[at + 1 :] == ["-P", "-m", "tarazu", "down", "all", "--profile", "sim"]
    said = subprocess.run([*words[:at], sys.executable, "-c", f"raise SystemExit({down})"], check=False, timeout=60)
    assert (said.returncode != 0) is is_a_failure


READ_ONLY = (
    subprocess.run(["unshare", "-rm", "true"], check=False).returncode == 0 if shutil.which("unshare") else False
)


@pytest.mark.skipif(not READ_ONLY, reason="no user namespaces here")
@pytest.mark.parametrize("has_cache", [True, False])
def test_kernels_compile_where_all_but_the_units_cache_is_read_only(tmp_path: Path, has_cache: bool) -> None:
    unit = units(Home(Profile.SIM, tmp_path / "sim"), user="trader")["tarazu-sim.service"]
    assert "CacheDirectory=tarazu-sim\n" in unit and "NUMBA_CACHE_DIR=/var/cache/tarazu-sim" in unit
    cache = tmp_path / "cache"
    cache.mkdir()
    # Their folder of compiled kernels is one that numba may not write to, and the user's own is none.
    source = Path(tarazu.__file__).parent
    mounts = f'mount --bind {source} {source} && mount -o remount,bind,ro {source} && exec "$@"'
    environ = {"PATH": os.environ["PATH"], "HOME": "/proc"} | ({"NUMBA_CACHE_DIR": str(cache)} if has_cache else {})
    warm = exec_of(unit, "ExecStartPre")
    assert "tarazu.app.main.running" in warm[-1]  # minutes of compiling; one module of it is enough here
    words = ["unshare", "-rm", "sh", "-c", mounts, "sh", *warm[:-1], "import tarazu.journal.sha_lanes"]
    said = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert (said.returncode == 0) is has_cache, said.stderr
    assert bool(list(cache.rglob("*.nbi"))) is has_cache
    assert has_cache or "no locator available" in said.stderr, "this is what the cache is for"


def test_a_word_is_quoted_as_systemd_reads_it() -> None:
    assert quoted("/usr/bin/python3") == "/usr/bin/python3"
    assert quoted('a "b" 100% $c') == '"a \\"b\\" 100%% $$c"'
