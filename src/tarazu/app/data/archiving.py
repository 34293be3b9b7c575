"""`tarazu data convert` and `restore` as verdicts: what is refused, what was done, where it is."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from tarazu.app.data.archive import BadArchive, Manifest, archive_folder, changed_files, read_manifest
from tarazu.app.data.days import glance
from tarazu.app.data.listing import size_text
from tarazu.app.data.steps import Steps
from tarazu.app.home import Home
from tarazu.app.verdict import Exit, Verdict, answer
from tarazu.model import ist
from tarazu.runtime.put_folder import put_back
from tarazu.runtime.segment import day_folder, segments


def archive_day(
    home: Home,
    day: date,
    out: Path | None,
    so_far: bool,
    steps: Steps,
    now_ns: int,
    placing: Callable[[Manifest], None] = lambda _: None,
) -> Verdict:
    """`placing` is told of a new archive before it is in its place, and may raise. Raises OSError."""
    target = out or archive_folder(home, day)
    put_back(target)
    seen = glance(home, day)
    if not seen.recorded:
        return _refused(
            "data.convert", home, now_ns, f"no segments of {day} in {home.feed}", f"tarazu data verify {day}"
        )
    if seen.recording and not so_far:
        detail = f"{day} is being recorded"
        return _refused(
            "data.convert", home, now_ns, detail, f"tarazu data convert {day} --so-far   (or after the close)"
        )
    if out is not None and target.exists() and read_quietly(target) is None and any(target.iterdir()):
        return _refused("data.convert", home, now_ns, f"{target} is there and is no archive", "name another folder")
    kept = read_quietly(target)
    if kept is not None and kept.through > (seen.last_sequence or 0):
        detail = f"{target} has frames to {kept.through:,}, and the log ends at {seen.last_sequence or 0:,}: it stays"
        return _refused("data.convert", home, now_ns, detail, f"tarazu data verify {day}; what is lost is in there")
    if kept is not None and kept.through == seen.last_sequence and not (kept.so_far and not seen.recording):
        with steps("checksums") as progress:
            unchanged = not changed_files(target, kept, progress)
        if unchanged:
            return _archived(home, kept, target, now_ns, "already archived and unchanged")
    from tarazu.app.data.convert import convert

    try:
        manifest = convert(day_folder(home.feed, day), target, steps, placing=placing)
    except BadArchive as bad:
        return answer("data.convert", "FAILED", Exit.CRIT, home, now_ns, str(bad))
    return _archived(home, manifest, target, now_ns, "read back row for row")


def restore_day(home: Home, day: date, source: Path | None, feed: Path | None, steps: Steps, now_ns: int) -> Verdict:
    """Raises OSError."""
    archive, folder = source or archive_folder(home, day), day_folder(feed or home.feed, day)
    try:
        manifest = read_manifest(archive)
    except BadArchive as bad:
        return _refused("data.restore", home, now_ns, str(bad), "another copy: --from DIR")
    if manifest is None or manifest.day != day:
        held = "no manifest" if manifest is None else f"day {manifest.day}"
        return _refused("data.restore", home, now_ns, f"{archive} has {held}", "the archive's folder: --from DIR")
    if folder.exists():
        what = f"{len(segments(folder))} segments" if segments(folder) else "already"
        return _refused("data.restore", home, now_ns, f"{folder} is there ({what})", "another feed folder: --to DIR")
    with steps("checksums") as progress:
        changed = changed_files(archive, manifest, progress)
    if changed:
        told = f"not the bytes that were written: {', '.join(changed)} in {archive}"
        return _refused("data.restore", home, now_ns, told, "another copy: --from DIR")
    from tarazu.app.data.restore import restore

    try:
        report = restore(archive, manifest, folder, steps)
    except BadArchive as bad:
        return answer("data.restore", "FAILED", Exit.CRIT, home, now_ns, str(bad))
    gaps = len(report.damages)
    body = [f"frames   {report.frames:,} in {report.segments} segments, each with its own sequence and stamps"]
    if gaps:
        body.append(f"gaps     {gaps}, where the archive's own source had lost {sum(d.lost for d in report.damages):,}")
    facts = {"day": day, "folder": str(folder), "frames": report.frames, "damages": report.damages}
    return answer(
        "data.restore",
        "DONE",
        Exit.WARN if gaps else Exit.OK,
        home,
        now_ns,
        f"{day} is in {folder}",
        body=body,
        facts=facts,
    )


def read_quietly(folder: Path) -> Manifest | None:
    """None for an archive that is not there or not readable: both are made again."""
    try:
        return read_manifest(folder)
    except BadArchive:
        return None


def _archived(home: Home, manifest: Manifest, target: Path, now_ns: int, how: str) -> Verdict:
    lost, damages = sum(d.lost for d in manifest.damages), manifest.damages
    sizes = "  ".join(f"{f.name} {size_text(f.size)}, {f.rows:,} rows" for f in manifest.files)
    source = sum(s.size for s in manifest.segments)
    body = [
        f"files    {sizes}",
        f"source   {size_text(source)} in {len(manifest.segments)} segments, frames 1 to {manifest.through:,}",
    ]
    if manifest.first_wall_ns is not None and manifest.last_wall_ns is not None:
        body.append(f"time     {ist.stamp(manifest.first_wall_ns)} to {ist.stamp(manifest.last_wall_ns)[11:]} IST")
    body += [f"damage   {damage}" for damage in damages]
    if manifest.broken_frames:
        body.append(f"broken   {manifest.broken_frames:,} tick frames could not be read to their end")
    return answer(
        "data.convert",
        "DONE",
        Exit.WARN if damages or manifest.so_far else Exit.OK,
        home,
        now_ns,
        f"{manifest.day} is in {target}, {how}{', so far' if manifest.so_far else ''}"
        + (f", {len(damages)} damaged places, {lost:,} frames lost" if damages else ""),
        body=body,
        facts={"folder": str(target), "manifest": manifest},
    )


def _refused(command: str, home: Home, now_ns: int, detail: str, hint: str) -> Verdict:
    return answer(
        command, "REFUSED", Exit.REFUSED, home, now_ns, detail, body=[f"fix      {hint}"], facts={"hint": hint}
    )
