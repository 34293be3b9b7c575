"""Making a bundle: every part that can be had, whatever else is broken; then the scan, the manifest, the file."""

import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

import tarazu
from tarazu.app.home import Home
from tarazu.app.incidents.bundle import desk_part, machine_part
from tarazu.app.incidents.bundle.pack import Manifest, pack
from tarazu.app.incidents.bundle.scope import Scope, scope_of
from tarazu.app.incidents.bundle.staging import Staging, file_told
from tarazu.app.incidents.bundle.story import Story
from tarazu.app.incidents.incident import Incident
from tarazu.app.incidents.store import NoSuchIncident, NotKept, bundled, find
from tarazu.app.redaction import Redactor
from tarazu.app.secrets.secret import Secret
from tarazu.app.secrets.store import BadSecrets, read_secrets
from tarazu.app.supervision.orphans import is_running
from tarazu.model import ist

SUFFIX = ".tar.gz"
_OF_THE_BOX = ("api_key", "api_secret", "access_token", "request_token")
_OWNER = re.compile(r"\.bundle-([0-9]+)-")
_LOG = logging.getLogger("tarazu.incidents")


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    path: Path
    bytes: int
    sha256: str
    manifest: Manifest
    took_s: float
    recorded: bool
    """Whether its hash is in the desk's record."""


def make_bundle(home: Home, id_: str, *, who: str, now_ns: int, out: Path | None = None) -> Bundle:
    """Of any id; one that nobody has opened is flagged. A file that is there is never replaced: the next gets a number.

    Raises OSError when the file itself cannot be written, or `out` exists.
    """
    begun = time.monotonic()
    incident, trouble = _incident(home, id_)
    scope = scope_of(home, incident.id if incident else id_, incident, now_ns, time.time_ns())
    redactor, credentials, seeing = _redactor(home)
    target = out or _free(home.incidents, scope.name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = _scratch(target.parent)
    try:
        staging = Staging(folder, redactor)
        for part, why in (*trouble, *seeing):
            staging.lack(part, why)
        if scope.left_out:
            staging.lack("window", scope.left_out)
        _gather(scope, staging)
        staging.withhold_secrets()
        manifest = _manifest(scope, staging, who, credentials)
        pack(staging, manifest, target)
    finally:
        shutil.rmtree(folder)
    told = file_told(target, target.name)
    recorded = incident is not None and _recorded(home, incident, told.sha256, target, who, now_ns)
    took_s = time.monotonic() - begun
    return Bundle(
        path=target, bytes=told.bytes, sha256=told.sha256, manifest=manifest, took_s=took_s, recorded=recorded
    )


def _gather(scope: Scope, staging: Staging) -> None:
    story = Story()
    for name, make in _parts(scope, staging, story):
        staging.part(name, make)
    staging.lines("events.jsonl", story.ordered())

    def page() -> None:
        from tarazu.app.incidents.bundle.timeline import page_of

        staging.text("timeline.html", page_of(scope, story, staging.missing))

    staging.part("timeline.html", page)


def _parts(scope: Scope, staging: Staging, story: Story) -> list[tuple[str, Callable[[], None]]]:
    """Imported one by one: a reader that does not import takes its own part along and no other."""

    def journal() -> None:
        from tarazu.app.incidents.bundle.journal_part import journal_part

        journal_part(scope, staging)

    def engine() -> None:
        from tarazu.app.incidents.bundle.engine_part import engine_part

        engine_part(scope, staging, story)

    def feed() -> None:
        from tarazu.app.incidents.bundle.feed_part import feed_part

        feed_part(scope, staging, story)

    def database() -> None:
        from tarazu.app.incidents.bundle.database_part import database_part

        database_part(scope, staging)

    return [
        ("incident", lambda: desk_part.incident_part(scope, staging)),
        ("desk", lambda: desk_part.desk_part(scope, staging, story)),
        ("alerts", lambda: desk_part.alerts_part(scope, staging)),
        ("journal", journal),
        ("decisions, orders, positions", engine),
        ("feed", feed),
        ("db", database),
        ("logs", lambda: machine_part.logs_part(scope, staging)),
        ("health", lambda: machine_part.health_part(scope, staging)),
        ("env", lambda: machine_part.environment_part(scope, staging)),
        ("runbook", lambda: desk_part.runbook_part(scope, staging)),
    ]


def _manifest(scope: Scope, staging: Staging, who: str, scanned_for: int) -> Manifest:
    incident = scope.incident
    return Manifest(
        tarazu=tarazu.__version__,
        profile=scope.home.profile,
        id=scope.id,
        known=incident is not None,
        code=incident.code if incident else "",
        severity=incident.severity if incident else "",
        since_ns=scope.since_ns,
        until_ns=scope.until_ns,
        since_ist=ist.stamp(scope.since_ns),
        until_ist=ist.stamp(scope.until_ns),
        made_ns=scope.now_ns,
        made_by=who,
        files=tuple(staging.told()),
        missing=tuple(staging.missing),
        redacted=dict(sorted(staging.redacted.items())),
        scanned_for=scanned_for,
    )


def _incident(home: Home, id_: str) -> tuple[Incident | None, list[tuple[str, str]]]:
    try:
        return find(home, id_), []
    except OSError as failed:
        return None, [("incident", f"the desk's record does not read: {failed}")]


def _of_the_box(home: Home) -> dict[str, Secret]:
    """The credentials of the broker in a box."""
    try:
        told = msgspec.json.decode(home.sim_broker.read_bytes(), type=dict[str, object])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        told = {}
    return {f"sim_{name}": Secret(value) for name in _OF_THE_BOX if isinstance(value := told.get(name), str)}


def _redactor(home: Home) -> tuple[Redactor, int, list[tuple[str, str]]]:
    """It, how many credentials it looks for, and what is in the way of looking for all."""
    known = _of_the_box(home)
    try:
        known |= read_secrets(home).concealed()
    except BadSecrets as bad:
        why = f"{bad}; the profile's own credentials were looked for by their shapes alone"
        return Redactor(known), len(known), [("redaction by value", why)]
    return Redactor(known), len(known), []


def _scratch(folder: Path) -> Path:
    """Beside the target, where there is room for a bundle; nobody else's. What processes that died in the middle of one
    have left there goes."""
    for left in folder.glob(".bundle-*"):
        owner = _OWNER.match(left.name)
        if owner and left.is_dir() and not is_running(int(owner[1])):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f".bundle-{os.getpid()}-", dir=folder))


def _free(folder: Path, name: str) -> Path:
    first = folder / f"{name}{SUFFIX}"
    number, path = 1, first
    while path.exists():
        number += 1
        path = folder / f"{name}.{number}{SUFFIX}"
    return path


def _recorded(home: Home, incident: Incident, sha256: str, path: Path, who: str, now_ns: int) -> bool:
    try:
        bundled(home, incident.id, f"{path.name} sha256 {sha256}", who=who, now_ns=now_ns)
    except (NotKept, NoSuchIncident, OSError) as failed:
        _LOG.warning("BUNDLE_NOT_RECORDED %s: %s", path.name, failed)
        return False
    return True
