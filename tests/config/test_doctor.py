"""Is this machine fit for the desk? Each thing that is wrong is told with the command that mends it."""

import json
import os
import socket
from pathlib import Path

import pytest

from tarazu.app.doctor.clock import judged
from tarazu.app.doctor.home import home_checks, private_check
from tarazu.app.doctor.install import kernels_check, packages_check, port_checks
from tarazu.app.doctor.machine import disk_checks, files_check, python_check, sync_check
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Check, Status
from tarazu.ops.doctor import doctor

NOBODY: dict[str, str] = {}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(Profile.LIVE, tmp_path / "live")
    made.make()
    made.env_file.write_text("KITE_API_KEY=abcdefgh\nKITE_API_SECRET=abcdefghi\n")
    made.env_file.chmod(0o600)
    return made


def codes(checks: object) -> dict[str, str]:
    assert hasattr(checks, "__iter__")
    return {check.id: check.code for check in checks if check.status not in (Status.OK, Status.SKIP)}


def test_a_home_as_init_makes_it_is_private(home: Home) -> None:
    found = {check.id: check.status for check in home_checks(home, NOBODY)}
    assert found["home"] is Status.OK and found["secrets.mode"] is Status.OK and found["secrets"] is Status.OK


@pytest.mark.parametrize("path", [".env", "run/sim_broker.json", "keys/journal.key"])
def test_credentials_that_others_may_read_are_critical(home: Home, path: str) -> None:
    file = home.root / path
    file.parent.mkdir(exist_ok=True)
    file.touch()
    file.chmod(0o640)
    check = private_check(home)
    assert (check.status, check.code, check.hint) == (Status.CRIT, "NOT_PRIVATE", f"chmod 0600 {file}")


def test_a_home_that_others_may_look_into_is_critical(home: Home) -> None:
    home.root.chmod(0o755)
    assert codes(home_checks(home, NOBODY))["home"] == "NOT_PRIVATE"


def test_a_profile_for_real_markets_needs_the_app_s_key_and_secret(home: Home) -> None:
    home.env_file.write_text("KITE_API_KEY=abcdefgh\n")
    assert codes(home_checks(home, NOBODY))["secrets"] == "NO_APP"


def test_a_token_in_the_environment_is_a_second_source(home: Home) -> None:
    assert codes(home_checks(home, {"KITE_ACCESS_TOKEN": "x"}))["secrets.source"] == "TWO_SOURCES"
    assert "secrets.source" not in codes(home_checks(home, {"KITE_ACCESS_TOKEN": "x", "KITE_ADMIN_ROOT": "y"}))


def test_secrets_that_do_not_read_are_critical_and_not_quoted(home: Home) -> None:
    home.env_file.write_bytes(b"'hunter2\n")
    found = [check for check in home_checks(home, NOBODY) if check.id == "secrets"]
    assert found[0].code == "BAD_SECRETS" and "hunter2" not in found[0].detail


def test_settings_that_do_not_read_are_told_with_where_to_look(home: Home) -> None:
    home.settings_file.write_text("[engine]\nsetle_s = 1\n")
    found = [check for check in home_checks(home, NOBODY) if check.id == "settings"]
    assert (found[0].status, found[0].code, found[0].hint) == (Status.CRIT, "UNKNOWN_SETTING", "tarazu config validate")


def test_where_there_is_no_home_it_says_how_to_make_one(tmp_path: Path) -> None:
    nowhere = Home(Profile.SIM, tmp_path / "sim")
    found = [check for check in home_checks(nowhere, NOBODY) if check.id == "home"]
    assert found[0].hint == "tarazu init --profile sim"
    assert not nowhere.root.exists()


def test_the_disk_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    assert {check.id for check in disk_checks(tmp_path)} == {"disk.free", "disk.sync"}
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_no_file_is_critical(tmp_path: Path) -> None:
    check = sync_check(tmp_path / "nowhere")
    assert (check.status, check.code) == (Status.CRIT, "CANNOT_WRITE")


@pytest.mark.parametrize(
    ("state", "status", "maxerror_us", "code"),
    [
        (0, 0, 10_000, ""),
        (0, 0x40, 10_000, "CLOCK_NOT_KEPT"),
        (5, 0, 10_000, "CLOCK_NOT_KEPT"),
        (0, 0, 600_000, "CLOCK_UNSURE"),
    ],
)
def test_a_clock_that_nobody_keeps_is_told(state: int, status: int, maxerror_us: int, code: str) -> None:
    assert judged(state, status, maxerror_us).code == code


def test_an_old_python_and_few_files_are_told() -> None:
    assert python_check((3, 10, 4)).code == "PYTHON_TOO_OLD"
    assert python_check().status is Status.OK
    assert files_check((256, 4096)).hint == "ulimit -n 1024"


def test_what_tarazu_needs_is_installed_here() -> None:
    assert packages_check().status is Status.OK


def test_kernels_that_are_not_compiled_are_told(tmp_path: Path) -> None:
    check = kernels_check({"NUMBA_CACHE_DIR": str(tmp_path)})
    assert (check.observed, check.code) == (0, "KERNELS_COLD")


def test_a_port_that_somebody_else_serves_is_told(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environ = {"TARAZU__METRICS__PORT": str(port)}
        assert codes(port_checks(home, environ)) == {"port.metrics": "PORT_TAKEN"}
        home.watchdog_health.parent.mkdir(parents=True, exist_ok=True)
        home.watchdog_health.write_text("{}")
        assert codes(port_checks(home, environ)) == {"port.metrics": "PORT_TAKEN"}, "yesterday's word is no watchdog"
    assert codes(port_checks(home, environ)) == {}


def test_the_verdict_is_the_worst_of_them_and_skipped_is_never_ok(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("KITE_", "TARAZU__"))]:
        monkeypatch.delenv(name)
    assert doctor(home).word == "FIT"
    home.env_file.chmod(0o644)
    verdict = doctor(home)
    assert (verdict.word, verdict.exit_code) == ("NOT_FIT", 2)
    told: list[Check] = [c for c in verdict.checks if c.status is Status.SKIP]
    assert all(check.detail for check in told)
    assert json.loads(verdict.json())["schema"] == "tarazu.doctor/1"
