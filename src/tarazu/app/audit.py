"""What the audit commands share: where a profile's journal and its keys are, which day is meant, what is trusted."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec

from tarazu.adapters.signing import Ed25519Verifier, verifiers_of
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status
from tarazu.journal.checkpoint import BadNote
from tarazu.journal.evidence import Trust
from tarazu.journal.findings import Fault, Report
from tarazu.journal.verify import verify_day
from tarazu.runtime.journal_epoch import read_epoch
from tarazu.runtime.journal_files import day_folder, days, read_day
from tarazu.runtime.journal_state import BadEpochFile
from tarazu.runtime.writer_lock import is_being_written

_BAR = 30
_TELL_EVERY_S = 0.1


class CannotAudit(Exception):
    """There is nothing to look at, or nothing to judge it by; the message is for the user."""


def journal_name(desk: Home) -> str:
    """In every checkpoint's origin, and the name of the key."""
    return f"tarazu.local/{desk.profile}"


def key_folder(desk: Home) -> Path:
    """Where `adapters.signing.key_of` keeps the journal's key."""
    return desk.root / "keys"


def chosen_day(desk: Home, asked: date | None) -> date:
    """The day asked for, else the last there is. Raises CannotAudit."""
    known = days(desk.journal)
    if not known:
        raise CannotAudit(f"there is no journal in {desk.journal}: nothing has been recorded in this profile")
    if asked is not None and asked not in known:
        raise CannotAudit(f"there is no journal of {asked}; the last day is {known[-1]}")
    return asked or known[-1]


def trust(desk: Home, key: str | None, kept: tuple[Path, ...]) -> Trust:
    """By what a day is judged: a verifier key given (text or file), else those beside the journal's key.

    Raises CannotAudit.
    """
    try:
        text = None if key is None else Path(key).read_text() if Path(key).exists() else key
        verifiers = verifiers_of(key_folder(desk)) if text is None else (Ed25519Verifier(text),)
        epoch = read_epoch(desk.journal)
        notes = tuple(path.read_bytes() for path in kept)
    except (BadNote, BadEpochFile, OSError) as bad:
        raise CannotAudit(str(bad)) from bad
    return Trust(
        name=verifiers[0].name if verifiers else journal_name(desk),
        verifiers=verifiers,
        kept=notes,
        epoch=epoch,
    )


def judge(desk: Home, day: date, by: Trust, told: Callable[[int, int], None]) -> Report:
    """A day as it is now; of the one being written the end is not judged."""
    root = desk.journal
    live = is_being_written(root) and day == days(root)[-1]
    return verify_day(read_day(day_folder(root, day)), by, live=live, told=told)


def checks(report: Report) -> tuple[Check, ...]:
    """What was looked at and what is wrong, the gravest problem first."""
    found = [
        Check(
            id="audit.journal",
            status=Status.WARN if f.fault is Fault.TORN_TAIL else Status.CRIT,
            code=f.fault,
            detail=f"{report.day}: {f}",
            hint="" if f.fault is Fault.TORN_TAIL else f"tarazu audit show --date {report.day} --last 20",
        )
        for f in report.findings
    ]
    if not found:
        found = [Check(id="audit.journal", status=Status.OK, observed=report.entries, unit="entries")]
    return (*found, _proven(report))


def _proven(report: Report) -> Check:
    """Whether anything but the day itself vouches for it."""
    check = Check(id="audit.checkpoints", status=Status.OK, observed=report.checkpoint_size, unit="entries covered")
    if not report.signed:
        return check.broken(Status.WARN, "NO_KEY", "no verifier key: signatures were not looked at", "--key VKEY")
    if report.entries and not report.checkpoint_size and report.fault is None:
        return check.broken(Status.WARN, "NO_CHECKPOINT", f"{report.day}: a rewrite of the whole day would not be seen")
    return check


@contextmanager
def progress(label: str, unit: str = "segments") -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal's stderr, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    told_s = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal told_s
        if done < total and time.monotonic() - told_s < _TELL_EVERY_S:
            return
        told_s = time.monotonic()
        filled = _BAR * done // max(total, 1)
        sys.stderr.write(f"\r{label}  [{'#' * filled}{'.' * (_BAR - filled)}]  {done}/{total} {unit}\x1b[K")
        sys.stderr.flush()

    try:
        yield tell
    finally:
        sys.stderr.write("\r\x1b[K")


def following(by: Trust, report: Report) -> Trust:
    """What is known of the next day once this one was judged."""
    return msgspec.structs.replace(by, first_prev=report.head.hash) if report.entries else by
