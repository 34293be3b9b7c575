"""A whole desk in a morning on which the token dies: a login brings it back, and no credential is anywhere it should
not be, in any form (RELIABILITY S2).

Planted are all that a desk has: the app's key and secret, both access tokens, the request token, addresses of alerts,
one more of the desk's own, the journal's key.
"""

import json
import os
import socket
import subprocess
import sys
import tarfile
import urllib.request
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.limits import WIDE_TOML
from harness.supervised import PATIENCE_S
from harness.up_desk import UpDesk, up_desk
from tarazu.app.depth_ws.health import Stage, read_health
from tarazu.app.home import Home
from tarazu.app.main.health import read_main_health
from tarazu.app.redaction import Redactor
from tarazu.app.secrets.secret import Secret
from tarazu.app.secrets.store import Name, read_secrets, write_secrets
from tarazu.app.session.issued import fingerprint
from tarazu.app.settings import read_settings
from tarazu.app.supervision.waiting import until
from tarazu.engine.phase import Phase

PLANTED = {
    "KITE_API_SECRET": "canaryApiSecretQ7w8E9r0",
    "TARAZU_ALERT_URLS": "json://canaryUser1:canaryPass+W0rd@127.0.0.1:9/canaryPathTok3n tgram://1234567890:canaryBotTok3n/77",
    "TARAZU_ALERT_ESCALATION_URLS": "json://127.0.0.1:9/canarySecondList8",
    "SMTP_PASSWORD": "canary/of+the=desk's own",
}
GZIP = b"\x1f\x8b"
WHOLE = ("sim_broker", "depth_ws", "main", "watchdog")
TRADING = "[engine]\nposition_limit_default = 1_000\nsettle_s = 0\n" + WIDE_TOML


class CanaryDesk:
    """A desk that runs, and everything that its commands have printed."""

    def __init__(self, up: UpDesk) -> None:
        self.up, self.home = up, up.home
        self.printed = b""
        self.first_token = ""

    def command(self, *words: str, pasted: str = "") -> tuple[int, dict[str, Any]]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("KITE_", "TARAZU_"))}
        done = subprocess.run(
            [sys.executable, "-m", "tarazu", *words, "--json"],
            env={**plain, "TARAZU_HOME": str(self.home.root.parent), "TARAZU_PROFILE": "sim"},
            input=pasted.encode(),
            capture_output=True,
            timeout=240,
            check=False,
        )
        self.printed += done.stdout + done.stderr
        lines = done.stdout.splitlines()
        return done.returncode, json.loads(lines[-1]) if lines else {}

    def kill_token(self) -> None:
        request = urllib.request.Request(
            f"{self.up.broker()['admin_url']}/faults",
            data=json.dumps({"kind": "token.kill", "count": 1}).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=30).close()

    def feed_stage(self) -> Stage | None:
        health = read_health(self.home.feed_health)
        return None if health is None else health.stage

    def main_phase(self) -> Phase | None:
        health = read_main_health(self.home.main_health)
        return None if health is None or not health.is_current() else health.phase


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CanaryDesk]:
    with up_desk(tmp_path_factory.mktemp("canaries")) as up:
        metrics = f"[metrics]\nport = {free_port()}\n"
        up.home.settings_file.write_text(up.home.settings_file.read_text() + TRADING + metrics)
        write_secrets(up.home, PLANTED)
        running = CanaryDesk(up)
        assert all(outcome.holds for outcome in up.up(*WHOLE, patience_s=120.0))
        yield running


@pytest.mark.control("C28")
def test_running_processes_take_the_token_of_a_login_after_the_old_one_died(desk: CanaryDesk) -> None:
    assert until(lambda: desk.main_phase() is Phase.ACTIVE, PATIENCE_S)
    pids = {name: desk.up.pid(name) for name in WHOLE}
    desk.first_token = str(desk.up.broker()["access_token"])
    desk.kill_token()
    assert until(lambda: desk.feed_stage() is Stage.NO_TOKEN, PATIENCE_S)
    code, told = desk.command("session", "check")
    assert (code, told["verdict"]) == (2, "INVALID"), told
    assert until(lambda: desk.main_phase() is not Phase.ACTIVE, PATIENCE_S), "entries wait"

    code, told = desk.command("session", "login", "--update-env")
    assert (code, told["verdict"], told["env_updated"]) == (0, "LOGGED_IN", True), told
    token = read_secrets(desk.home).get(Name.KITE_ACCESS_TOKEN)
    assert token is not None and token != Secret(desk.first_token)

    assert until(desk.up.are_fresh, PATIENCE_S), "depth_ws has the new token"
    assert until(lambda: desk.main_phase() is Phase.ACTIVE, PATIENCE_S), "main too: it reads the books again"
    assert {name: desk.up.pid(name) for name in WHOLE} == pids, "and nobody was started again"
    code, told = desk.command("session", "check")
    assert (code, told["verdict"]) == (0, "VALID")
    assert told["session"]["age_sec"] < 3600


def test_what_main_runs_by_is_compared_with_the_settings_as_they_are_now(desk: CanaryDesk) -> None:
    code, told = desk.command("config", "diff", "--running")
    assert (code, told["differences"]) == (0, []), told
    text = desk.home.settings_file.read_text()
    desk.home.settings_file.write_text(text.replace("settle_s = 0", "settle_s = 90"))
    try:
        code, told = desk.command("config", "diff", "--running")
    finally:
        desk.home.settings_file.write_text(text)
    assert code == 1, told
    assert ("main", "engine.settle_s", 0.0, 90.0) in [
        (d["process"], d["key"], d["runs_by"], d["value"]) for d in told["differences"]
    ]


def test_a_logout_is_refused_while_main_needs_the_token(desk: CanaryDesk) -> None:
    code, told = desk.command("session", "logout")
    assert (code, told["checks"][0]["code"]) == (4, "MAIN_RUNS")
    assert desk.command("session", "check")[0] == 0


def test_no_credential_is_in_any_byte_that_the_desk_writes_or_shows(desk: CanaryDesk) -> None:
    for words in (("status",), ("doctor",), ("config", "show"), ("engine", "status"), ("feed", "status"), ("sla",)):
        desk.command(*words)
    desk.command("session", "login", "--prompt-token", pasted="canaryRequestTok3n42")
    assert desk.command("incident", "bundle", "INC-20260101-99")[0] in (0, 1)
    assert desk.command("reconcile")[0] in (0, 1)
    assert desk.command("audit", "daily")[0] in (0, 1)
    assert desk.command("dr", "backup")[0] in (0, 1)
    canaries = Redactor(credentials(desk))
    assert canaries.found_in(desk.home.env_file.read_bytes()), "or the scan sees nothing"
    looked_at = list(written(desk.home))
    packed = {name.split("/")[0] for name, _ in looked_at if "!" in name}
    assert packed >= {"backups", "incidents"}, "what is packed is looked into"
    assert {name: names for name, text in looked_at if (names := canaries.found_in(text))} == {}
    assert canaries.found_in(metrics_of(desk.home)) == ()
    assert canaries.found_in(desk.printed) == ()
    shown = {pid: canaries.found_in(said) for pid, said in process_list()}
    assert {pid: names for pid, names in shown.items() if names} == {}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def credentials(desk: CanaryDesk) -> Mapping[str, Secret]:
    broker = desk.up.broker()
    now = read_secrets(desk.home)
    key = desk.home.keys / "journal.key"
    of_broker = {name: broker[name] for name in ("api_key", "api_secret", "request_token")}
    given = {name: str(value) for name, value in (PLANTED | of_broker).items()}
    given |= {"first access token": desk.first_token, "pasted": "canaryRequestTok3n42"}
    given |= {f"{key.name} {i}": word for i, word in enumerate(key.read_text().split()) if len(word) >= 32}
    token = now.get(Name.KITE_ACCESS_TOKEN)
    assert token is not None and len(given) >= 10
    assert fingerprint(token).encode() in desk.home.env_file.read_bytes(), "which tells tokens apart, and no more"
    return {name: Secret(value) for name, value in given.items() if value} | {"access token": token}


def files(home: Home) -> Iterator[Path]:
    """All but those that are there to hold them: `.env`, the key itself, and what the broker in a box keeps of its own
    logins and says of itself, each for its owner alone."""
    holders = {home.env_file, home.sim_broker, home.keys / "journal.key"}
    for holder in holders:
        assert holder.stat().st_mode & 0o077 == 0, f"{holder} is for its owner alone"
    for path in home.root.rglob("*"):
        own = path.is_relative_to(home.root / "sim_broker")
        if path.is_file() and path not in holders and not own:
            yield path


def written(home: Home) -> Iterator[tuple[str, bytes]]:
    """Every byte on the disk, and what is packed in a bundle or a backup as it was before it was packed."""
    for path in files(home):
        name, text = str(path.relative_to(home.root)), path.read_bytes()
        yield name, text
        if tarfile.is_tarfile(path):
            with tarfile.open(path) as packed:
                for member in filter(tarfile.TarInfo.isfile, packed):
                    inside = packed.extractfile(member)
                    assert inside is not None
                    yield f"{name}!{member.name}", unzipped(inside.read())
        elif text[:2] == GZIP:
            yield f"{name}!", unzipped(text)


def unzipped(text: bytes) -> bytes:
    """A backup leaves the zeros at a file's end out, those of a gzip's last word too: what is there is unpacked."""
    return zlib.decompressobj(wbits=31).decompress(text) if text[:2] == GZIP else text


def metrics_of(home: Home) -> bytes:
    port = read_settings(home.settings_file).metrics.port
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        told: bytes = answer.read()
    assert b"tarazu_" in told
    return told


def process_list() -> Iterator[tuple[str, bytes]]:
    """What `ps` shows of every process, and the environments of those that it may read."""
    for folder in Path("/proc").glob("[0-9]*"):
        for part in ("cmdline", "environ"):
            try:
                yield f"{folder.name} {part}", (folder / part).read_bytes()
            except OSError:
                continue  # it has gone, or is another user's
