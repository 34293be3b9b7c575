"""What can be said for a recorded day after looking at all of it: its segments and its archive, as checks."""

from datetime import date
from pathlib import Path

from tarazu.app.data.archive import FRAMES, BadArchive, Manifest, archive_folder, changed_files, read_manifest
from tarazu.app.data.frames import segment_batches
from tarazu.app.data.steps import Steps
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status
from tarazu.runtime.damage import Damage, Fault
from tarazu.runtime.repair import Report, verify
from tarazu.runtime.segment import day_folder, segments


def day_checks(home: Home, day: date, steps: Steps) -> tuple[list[Check], Report | None]:
    """A check a damaged place, and one each for segments and archive in order; the report of the segments, if any.

    A torn tail alone is a WARN: it is what a killed writer leaves, cost nothing that was ever whole, and the next
    writer erases it. All other damage is CRIT.
    """
    folder, kept = day_folder(home.feed, day), archive_folder(home, day)
    report = None
    checks: list[Check] = []
    if segments(folder):
        with steps(f"{day}") as progress:
            report = verify(folder, progress)
        checks += [damage_check(day, damage) for damage in report.damages]
        if report.clean:
            checks.append(Check(id=f"{day}.log", status=Status.OK, observed=report.frames, unit="frames"))
    return checks + _archive_checks(kept, folder, day, report, steps), report


def damage_check(day: date, damage: Damage) -> Check:
    torn = damage.fault is Fault.TORN_TAIL
    return Check(
        id=f"{day}.log",
        status=Status.WARN if torn else Status.CRIT,
        code=damage.fault,
        observed=damage.lost or None,
        unit="frames lost" if damage.lost else "",
        detail=where(damage),
        hint="" if torn else f"tarazu data convert {day}   (keeps every whole frame and where the others were)",
    )


def where(damage: Damage) -> str:
    """`segment 2 offset 4096, 120 bytes, frame 17`."""
    size = f", {damage.size} bytes" if damage.size else ""
    frame = f", frame {damage.sequence}" if damage.sequence else ""
    detail = f" ({damage.detail})" if damage.detail else ""
    return f"segment {damage.segment} offset {damage.offset}{size}{frame}{detail}"


def _archive_checks(kept: Path, folder: Path, day: date, report: Report | None, steps: Steps) -> list[Check]:
    fix = f"tarazu data convert {day}" if report is not None else f"bring back another copy of {kept}"
    try:
        manifest = read_manifest(kept)
    except BadArchive as bad:
        return [_archive(day, Status.CRIT, "ARCHIVE_UNREADABLE", str(bad), fix)]
    if manifest is None:
        return []
    with steps("checksums") as progress:
        changed = changed_files(kept, manifest, progress)
    if changed:
        detail = f"not the bytes that were written: {', '.join(changed)} in {kept}"
        return [_archive(day, Status.CRIT, "ARCHIVE_CHANGED", detail, fix)]
    return [_compared(kept, folder, day, manifest, report, steps, fix)]


def _compared(
    kept: Path, folder: Path, day: date, manifest: Manifest, report: Report | None, steps: Steps, fix: str
) -> Check:
    """The archive beside the segments, where these are still there."""
    from tarazu.app.data.convert import first_difference  # Polars, which a day without an archive does not need

    whole = Check(id=f"{day}.archive", status=Status.OK, observed=manifest.frames, unit="frames")
    if report is None:
        return whole
    with steps("comparing") as progress:
        batches = segment_batches(folder, manifest.through, progress)
        difference = first_difference(batches, kept, manifest.frame_group_rows)
    if difference is not None:
        return _archive(day, Status.CRIT, "ARCHIVE_DIFFERS", f"segments and {FRAMES} differ {difference}", fix)
    missing = report.next_sequence - 1 - manifest.through
    if missing > 0:
        detail = f"{missing} frames were recorded after the archive was made"
        return _archive(day, Status.WARN, "ARCHIVE_SO_FAR", detail, fix)
    return whole


def _archive(day: date, status: Status, code: str, detail: str, hint: str) -> Check:
    return Check(id=f"{day}.archive", status=status, code=code, detail=detail, hint=hint)
