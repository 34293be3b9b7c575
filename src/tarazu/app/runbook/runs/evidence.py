"""What a run leaves behind: entries in the desk's record, and beside it what each command printed."""

import hashlib
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tarazu.app.home import Home
from tarazu.app.identity import identity
from tarazu.app.redaction import redact
from tarazu.app.runbook.runs.moment import now_ns, profile_now_ns
from tarazu.app.runbook.runs.record import Event, Run, StepRecord
from tarazu.app.verdict import Check, Status
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append


class NotRecorded(OSError):
    """What was done cannot be written down; the message says why."""


class Evidence:
    """Of one run. `must` says whether the run ends where nothing can be written: in an incident it goes on, and what
    was not written is counted."""

    def __init__(self, home: Home, run: str, *, must: bool, who: str) -> None:
        self.home, self.run, self.must, self.who = home, run, must, who
        self.unrecorded: list[str] = []

    def note(self, event: Event, **body: Any) -> int:
        """On the disk when this returns; the entry's number, 0 for none. Raises NotRecorded."""
        try:
            told = {"run": self.run, "event": event, **body}
            return append(self.home.desk, DeskKind.RUNBOOK, told, who=self.who, now_ns=profile_now_ns(self.home)).seq
        except (OSError, BadDeskRecord) as failed:
            return self._failed(f"{event}: {failed}", failed)

    def step(self, done: StepRecord) -> int:
        return self.note(Event.STEP_ENDED, evidence=msgspec.to_builtins(done))

    def keep(self, name: str, out: str) -> tuple[str, str]:
        """What a command printed, without secrets: its file and SHA-256, on the disk. Raises NotRecorded."""
        text = redact(out).encode()
        path = self.home.runbook / self.run / name
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as failed:
            self._failed(f"{name}: {failed}", failed)
            return "", ""
        return name, hashlib.sha256(text).hexdigest()

    def now_ns(self) -> int:
        """Raises nothing: where the record cannot be asked, `must` has had its say at the first entry."""
        return now_ns(self.home)

    def _failed(self, what: str, failed: Exception) -> int:
        if self.must:
            raise NotRecorded(f"nothing is done that cannot be written down: {failed}") from failed
        self.unrecorded.append(what)
        return 0


def circumstances(home: Home) -> dict[str, str]:
    """Where a run was made, and with what."""
    return {"host": platform.node(), "git": identity().short, "config_sha256": _sha256(home.settings_file)}


def risk_state(home: Home, mono_ns: int) -> str:
    """As main tells it now; UNKNOWN where it tells nothing that is current."""
    from tarazu.app.main.checks import read_engine

    found = read_engine(home, mono_ns)
    return "UNKNOWN" if isinstance(found, Check) else str(found.phase or found.stage)


def evidence_checks(home: Home, run: Run) -> Iterator[Check]:
    """Whether what each command printed is still what was written down of it."""
    for number, done in enumerate(run.steps, start=1):
        if done.out_file:
            yield _file_check(home, run, done, number)


def _file_check(home: Home, run: Run, done: StepRecord, number: int) -> Check:
    seen = Check(id=f"e-{number}", status=Status.OK, observed=done.out_file)
    path = home.runbook / run.id / done.out_file
    try:
        same = hashlib.sha256(path.read_bytes()).hexdigest() == done.out_sha256
    except OSError as gone:
        return seen.broken(Status.CRIT, "EVIDENCE_LOST", f"{path} cannot be read: {gone.strerror}")
    if same:
        return seen
    return seen.broken(Status.CRIT, "EVIDENCE_CHANGED", f"{path} is not what was written down of step {done.step}")


def _sha256(path: Path) -> str:
    """Empty where there is no such file, or it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except OSError:
        return ""
