"""`tarazu session check|login|logout` and the runbook's two scripts, against a broker in a box and worse ones.

The home is of the paper profile and follows the box: nothing is started by asking.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.broker_process import broker_process
from harness.main_health import well as main_well
from harness.raw_http import answer
from harness.scripted_http import CUT, scripted_http
from harness.served import Served
from tarazu.app.health import boot, write_health
from tarazu.app.home import Home, Profile
from tarazu.app.main.health import Stage
from tarazu.app.secrets.store import Name, read_secrets, write_secrets
from tarazu.app.session.issued import Issued
from tarazu.app.watchdog.health import Stage as WatchdogStage
from tarazu.app.watchdog.health import WatchdogHealth
from tarazu.model import ist
from tarazu.runtime.desk_record import DeskKind, whole

SCRIPTS = Path(__file__).parents[2] / "scripts"


class SessionDesk:
    def __init__(self, root: Path, served: Served) -> None:
        self.home = Home(Profile.PAPER, root / "paper")
        self.home.make()
        self.home.settings_file.write_text("[paper]\nfeed = 'sim'\n")
        self.served = served
        self.is_at(served.hello)

    def is_at(self, hello: dict[str, Any], **changes: Any) -> None:
        self.home.sim_broker.write_text(json.dumps(hello | changes))

    def run(self, *words: str, pasted: str = "", script: str = "") -> tuple[int, dict[str, Any], str]:
        """Exit code, the JSON object, and everything that was printed."""
        command = [str(SCRIPTS / script)] if script else ["-m", "tarazu", "session"]
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("KITE_", "TARAZU_"))}
        done = subprocess.run(
            [sys.executable, *command, *words, "--json"],
            env={**plain, "TARAZU_HOME": str(self.home.root.parent), "TARAZU_PROFILE": "paper"},
            input=pasted,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.stdout.count("\n") == 1, done.stderr
        return done.returncode, json.loads(done.stdout), done.stdout + done.stderr

    def redirect(self) -> str:
        """The address that a browser ends at after the box's login page."""

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *args: Any) -> None:
                return None

        try:
            urllib.request.build_opener(Stay).open(self.served["login_url"])
        except urllib.error.HTTPError as sent_on:
            return str(sent_on.headers["Location"])
        raise AssertionError("the login page sends on")

    def code(self, told: dict[str, Any]) -> str:
        return str(told["checks"][0]["code"])


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with broker_process() as running:
        yield running


@pytest.fixture
def desk(served: Served, tmp_path: Path) -> SessionDesk:
    return SessionDesk(tmp_path, served)


def test_a_login_is_proven_kept_and_written_down(desk: SessionDesk) -> None:
    desk.home.env_file.write_text("# mine\nOTHER=1\nKITE_ACCESS_TOKEN=old # yesterday's\n")
    redirect = desk.redirect()
    code, told, printed = desk.run(
        "--prompt-token", "--update-env", pasted=redirect + "\n", script="generate_kite_access_token.py"
    )
    assert (code, told["verdict"], told["env_updated"]) == (0, "LOGGED_IN", True), told
    text = desk.home.env_file.read_text()
    token = read_secrets(desk.home).get(Name.KITE_ACCESS_TOKEN)
    assert (
        token is not None
        and f"KITE_ACCESS_TOKEN={token.reveal()} # yesterday's\n" in text
        and "# mine\nOTHER=1" in text
    )
    assert desk.home.env_file.stat().st_mode & 0o777 == 0o600
    entry = list(whole(desk.home.desk))[-1]
    assert (entry.kind, entry.body["user_id"], entry.body["proven"]) == (DeskKind.SESSION, desk.served["user_id"], True)
    for secret in (token.reveal(), redirect.rpartition("=")[2], desk.served["api_secret"]):
        assert secret not in printed and secret.encode() not in msgspec.json.encode(entry)


def test_after_a_login_the_session_is_valid_and_its_age_known(desk: SessionDesk) -> None:
    assert desk.run("login", pasted=desk.redirect())[0] == 0
    code, told, _ = desk.run(script="validate_kite_session.py")
    assert (code, told["verdict"]) == (0, "VALID")
    session = told["session"]
    assert session["user_id"] == desk.served["user_id"] and session["age_sec"] >= 0
    assert ist.stamp(int(session["expires_epoch"]) * 1_000_000_000).endswith("06:00:00")


def test_a_request_token_is_good_once(desk: SessionDesk) -> None:
    redirect = desk.redirect()
    assert desk.run("login", pasted=redirect)[0] == 0
    before = desk.home.env_file.read_bytes()
    code, told, _ = desk.run("login", pasted=redirect)
    assert (code, desk.code(told)) == (2, "EXCHANGE_REFUSED")
    assert desk.home.env_file.read_bytes() == before


def test_what_is_no_request_token_asks_nobody_and_changes_nothing(desk: SessionDesk) -> None:
    for pasted in ("", "https://127.0.0.1/?status=cancelled"):
        code, told, _ = desk.run("login", "--prompt-token", pasted=pasted)
        assert (code, desk.code(told)) == (2, "NO_REQUEST_TOKEN")
    assert not desk.home.env_file.exists()


def test_the_token_of_another_account_takes_a_person_s_word(desk: SessionDesk) -> None:
    write_secrets(desk.home, {Name.KITE_TOKEN_ISSUED: Issued(0, "ZZ9999", "00000000").line()})
    code, told, _ = desk.run("login", pasted=desk.redirect())
    assert (code, desk.code(told)) == (4, "OTHER_ACCOUNT")
    assert Name.KITE_ACCESS_TOKEN not in read_secrets(desk.home).names
    assert desk.run("login", "--other-account", pasted=desk.redirect())[0] == 0


def test_a_login_that_is_not_to_be_kept_is_not(desk: SessionDesk) -> None:
    code, told, _ = desk.run("login", "--no-update-env", pasted=desk.redirect())
    assert (code, desk.code(told), told["env_updated"]) == (1, "NOT_KEPT", False)
    assert not desk.home.env_file.exists()


def test_a_dead_token_is_invalid(desk: SessionDesk) -> None:
    desk.is_at(desk.served.hello, access_token="0" * 32)
    code, told, printed = desk.run("check")
    assert (code, told["verdict"], desk.code(told)) == (2, "INVALID", "TOKEN_REFUSED")
    assert "0" * 32 not in printed


def test_a_token_that_was_put_there_by_hand_is_valid_and_its_age_is_not_known(desk: SessionDesk) -> None:
    token = desk.served.admin("POST", "/access-token", {"user_id": desk.served["user_id"]})["access_token"]
    desk.home.env_file.write_text(f"KITE_ACCESS_TOKEN={token}\n")
    code, told, _ = desk.run("check")
    assert (code, told["session"]["age_sec"]) == (0, None)
    assert [c["status"] for c in told["checks"]] == ["ok", "skip"]


ODD: dict[str, tuple[bytes, ...]] = {
    "gone": (),
    "a proxy's page": (answer(b"<html>", "502 Bad Gateway", "text/html"),),
    "no JSON": (answer(b"<html>hello", kind="text/html"),),
    "cut short": (CUT,),
    "too often": (answer(b'{"status":"error","error_type":"NetworkException","message":"slow"}', "429 Too Many"),),
}


@pytest.mark.parametrize("case", ODD)
def test_a_broker_that_does_not_say_is_unreachable_never_ok_and_never_invalid(desk: SessionDesk, case: str) -> None:
    with scripted_http(*ODD[case]) as odd:
        desk.is_at(desk.served.hello, rest_url=odd if ODD[case] else "http://127.0.0.1:1")
        code, told, _ = desk.run("check")
    assert (code, told["verdict"]) == (3, "UNREACHABLE"), told
    assert told["checks"][0]["status"] == "UNKNOWN"


def test_an_exchange_whose_answer_is_lost_is_not_known_and_one_that_was_not_sent_changed_nothing(
    desk: SessionDesk,
) -> None:
    with scripted_http() as mute:
        desk.is_at(desk.served.hello, rest_url=mute)
        code, told, _ = desk.run("login", pasted=desk.redirect())
        assert (code, desk.code(told)) == (3, "OUTCOME_UNKNOWN")
    desk.is_at(desk.served.hello, rest_url="http://127.0.0.1:1")
    code, told, _ = desk.run("login", pasted=desk.redirect())
    assert (code, desk.code(told)) == (2, "BROKER_SILENT")


def test_a_token_that_cannot_be_proven_is_kept_for_it_was_issued(desk: SessionDesk) -> None:
    session = {
        "user_id": "AB1234", "access_token": "qazwsxedcrfv1234", "public_token": "p", "enctoken": "e",
        "login_time": "2026-11-19 10:00:01", "refresh_token": "", "silo": "",
    }  # fmt: skip
    issued = answer(json.dumps({"status": "success", "data": session}).encode())
    with scripted_http(issued, answer(b"", "502 Bad Gateway")) as half:
        desk.is_at(desk.served.hello, rest_url=half)
        code, told, printed = desk.run("login", pasted="abcdefgh12345678")
    assert (code, desk.code(told), told["env_updated"]) == (3, "NOT_PROVEN", True), told
    assert "qazwsxedcrfv1234" in desk.home.env_file.read_text() and "qazwsxedcrfv1234" not in printed


SESSION = {"user_id": "AB1234", "access_token": "qazwsxedcrfv1234", "login_time": "2026-11-19 10:00:01"}
USER = {
    "user_id": "AB1234", "email": "a@b", "user_name": "A", "user_shortname": "A", "exchanges": [], "products": [],
    "order_types": [],
}  # fmt: skip
DEAD = answer(b'{"status":"error","error_type":"TokenException","message":"no"}', "403 Forbidden")
NO = answer(b'{"status":"error","error_type":"InputException","message":"no"}', "400 Bad Request")


def well(found: dict[str, Any]) -> bytes:
    return bytes(answer(json.dumps({"status": "success", "data": found}).encode()))


@pytest.mark.parametrize("no", [(well(USER), NO), (NO,)], ids=["margins", "profile"])
def test_a_token_that_was_issued_is_kept_whatever_question_the_broker_refuses(
    desk: SessionDesk, no: tuple[bytes, ...]
) -> None:
    with scripted_http(well(SESSION), *no) as partly:
        desk.is_at(desk.served.hello, rest_url=partly)
        code, told, _ = desk.run("login", pasted="abcdefgh12345678")
    assert (code, desk.code(told), told["env_updated"]) == (3, "NOT_PROVEN", True), told
    assert "qazwsxedcrfv1234" in desk.home.env_file.read_text()


def test_a_new_token_that_is_dead_is_not_kept_and_the_old_one_may_be_dead_too(desk: SessionDesk) -> None:
    with scripted_http(well(SESSION), DEAD) as dead:
        desk.is_at(desk.served.hello, rest_url=dead)
        code, told, _ = desk.run("login", pasted="abcdefgh12345678")
    assert (code, desk.code(told)) == (2, "TOKEN_REFUSED") and "may be dead" in told["checks"][0]["detail"], told
    assert not desk.home.env_file.exists()


def test_secrets_that_do_not_read_are_told_before_the_request_token_is_spent(desk: SessionDesk) -> None:
    redirect = desk.redirect()
    desk.home.env_file.write_bytes(b"'hunter2")
    code, told, printed = desk.run("login", pasted=redirect)
    assert code == 2 and "hunter2" not in printed, told
    desk.home.env_file.unlink()
    assert desk.run("login", pasted=redirect)[0] == 0, "it was good still"


def test_a_no_that_is_not_about_the_token_does_not_make_it_invalid(desk: SessionDesk) -> None:
    with scripted_http(NO) as odd:
        desk.is_at(desk.served.hello, rest_url=odd)
        code, told, _ = desk.run("check")
    assert (code, told["verdict"], desk.code(told)) == (3, "UNREACHABLE", "BROKER_REFUSES"), told


@contextlib.contextmanager
def some_process() -> Iterator[int]:
    with subprocess.Popen(["sleep", "600"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def test_while_main_is_there_hung_or_stopping_its_session_is_not_ended(desk: SessionDesk) -> None:
    write_secrets(desk.home, {Name.KITE_ACCESS_TOKEN: "qazwsxedcrfv1234"})
    with some_process() as pid:
        for health, expected in (
            (main_well(pid=pid), "MAIN_RUNS"),
            (main_well(pid=pid, stage=Stage.STOPPING), "MAIN_RUNS"),
            (main_well(pid=pid, mono_ns=0, every_ns=1), "MAIN_UNKNOWN"),
        ):
            write_health(desk.home.main_health, health)
            code, told, _ = desk.run("logout")
            assert (code, desk.code(told)) == (4, expected), told
    assert Name.KITE_ACCESS_TOKEN in read_secrets(desk.home).names
    assert desk.run("logout")[0] == 0, "its process is gone"


def test_while_the_watchdog_is_there_its_session_is_not_ended(desk: SessionDesk) -> None:
    now_ns = time.monotonic_ns()
    with some_process() as pid:
        watchdog = WatchdogHealth(
            profile="paper", version="0", pid=pid, boot=boot(), started_ns=0, started_mono_ns=now_ns, wall_ns=0,
            mono_ns=now_ns, every_ns=1_000_000_000, stage=WatchdogStage.WATCHING, detail="", doing="",
            passed_mono_ns=None,
        )  # fmt: skip
        write_health(desk.home.watchdog_health, watchdog)
        code, told, _ = desk.run("logout")
    assert (code, desk.code(told)) == (4, "WATCHDOG_RUNS"), told


def test_a_logout_ends_the_session_at_the_broker_and_forgets_the_token(desk: SessionDesk) -> None:
    assert desk.run("login", pasted=desk.redirect())[0] == 0
    assert desk.run("logout")[0] == 0
    assert Name.KITE_ACCESS_TOKEN not in read_secrets(desk.home).names
    assert desk.run("login", pasted=desk.redirect())[0] == 0, "and another begins"


def test_a_logout_that_nobody_heard_keeps_the_token(desk: SessionDesk) -> None:
    write_secrets(desk.home, {Name.KITE_ACCESS_TOKEN: "qazwsxedcrfv1234"})
    desk.is_at(desk.served.hello, rest_url="http://127.0.0.1:1")
    code, told, _ = desk.run("logout")
    assert (code, desk.code(told)) == (3, "BROKER_SILENT")
    assert Name.KITE_ACCESS_TOKEN in read_secrets(desk.home).names


def test_without_a_broker_s_address_or_with_secrets_that_do_not_read_it_says_which(desk: SessionDesk) -> None:
    desk.home.env_file.write_bytes(b"'hunter2")
    code, told, printed = desk.run("check")
    assert (code, desk.code(told)) == (3, "BAD_SECRETS") and "hunter2" not in printed
    desk.home.env_file.unlink()
    desk.home.sim_broker.unlink()
    assert desk.run("check")[0] == 3
    assert desk.run("login", pasted="abcdefgh12345678")[0] == 2


def test_at_a_terminal_the_token_is_asked_for_without_echo(desk: SessionDesk) -> None:
    ours, theirs = os.openpty()
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("KITE_", "TARAZU_"))}
    code = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\nfrom tarazu.cli import main\nmain()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "session", "login"],
        env={**plain, "TARAZU_HOME": str(desk.home.root.parent), "TARAZU_PROFILE": "paper"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    redirect = desk.redirect()
    screen = b""
    while b"(not shown)" not in screen:
        screen += os.read(ours, 4096)
    os.write(ours, redirect.encode() + b"\n")
    with contextlib.suppress(OSError):  # the terminal's end, when its last process has gone
        while part := os.read(ours, 4096):
            screen += part
    assert process.wait(60) == 0, screen
    os.close(ours)
    assert b"LOGGED_IN" in screen and desk.served["login_url"].encode() in screen
    assert redirect.rpartition("request_token=")[2].encode() not in screen and redirect.encode() not in screen
