"""The last step of a close: the day's statistics, and what the day left in a form that lasts."""

from datetime import date
from typing import Any

import msgspec

from tarazu.app.closing.alone import done_alone
from tarazu.app.closing.entries import TellingEntries
from tarazu.app.closing.rolling.archives import changed_archives, clear
from tarazu.app.closing.rolling.frames import drop, due
from tarazu.app.closing.rolling.logs import BadLogs, LogsKept, keep_logs, logs_folder
from tarazu.app.closing.rolling.statistics import Counting, Statistics
from tarazu.app.closing.rolling.told import COMMAND, Archived, verdict_of
from tarazu.app.closing.standing import Standing, standing_of
from tarazu.app.closing.step import cannot_begin, ended, journal_check, order_check
from tarazu.app.closing.steps import open_because, step_done
from tarazu.app.closing.trading_day import empty_check
from tarazu.app.closing.whole import close_folder
from tarazu.app.closing.written import FRAMES, LOGS, Begin, beginning, write
from tarazu.app.data.archive import Manifest, archive_folder, changed_files
from tarazu.app.data.archiving import archive_day
from tarazu.app.data.days import glance
from tarazu.app.data.steps import Steps
from tarazu.app.home import Home
from tarazu.app.trade_log.day import BadDay, reckoned
from tarazu.app.trade_log.executions import Executions
from tarazu.app.verdict import Check, Exit, Status, Verdict, worst
from tarazu.engine.codec import BadPayload, Record
from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry, DeskKind
from tarazu.runtime.journal_reader import BrokenChain

SCHEMA = "tarazu.rollup/1"
NAME = "rollup.json"


def roll_up(home: Home, day: date, keep_days: int, who: str, steps: Steps, now_ns: int) -> Verdict:
    """Count the day, keep its logs, archive its frames, take away frames that are older than `keep_days` and archived;
    write it down; and close the day, where every step before has passed. One process at a time."""
    refused = cannot_begin(home, COMMAND, day, now_ns)
    if refused is not None:
        return refused
    return done_alone(
        home, COMMAND, day, DeskKind.ROLLED_UP, now_ns, lambda: _rolled_up(home, day, keep_days, who, steps, now_ns)
    )


def _rolled_up(home: Home, day: date, keep_days: int, who: str, steps: Steps, now_ns: int) -> Verdict:
    standing, files, found = Standing(), dict[str, str](), Archived()
    checks = [order_check(home, day, DeskKind.ROLLED_UP)]
    try:
        standing = standing_of(home, day)
        checks += [journal_check(day, standing), empty_check(day, standing.entries)]
        if worst([c for c in checks if c]) is not Status.CRIT:
            checks.append(_altered(home, day))
            begin = beginning(home, day, DeskKind.ROLLED_UP, who, now_ns)
            found, more = _done(home, day, standing, keep_days, steps, begin, now_ns)
            checks += more
            files = write(home, day, DeskKind.ROLLED_UP, {NAME: _text(day, standing, found)}, who, now_ns)
    except (BadDay, BrokenChain, BadPayload) as bad:
        hint = f"tarazu audit verify --date {day}"
        checks.append(Check(id="close.journal", status=Status.CRIT, code="JOURNAL", detail=str(bad), hint=hint))
    except (OSError, BadLogs, BadDeskRecord) as failed:
        hint = "make room, or see to the folder's rights, and roll up again"
        checks.append(Check(id="rollup.file", status=Status.CRIT, code="NOT_WRITTEN", detail=str(failed), hint=hint))
    verdict = verdict_of(home, day, [c for c in checks if c], found, files, now_ns)
    verdict = ended(home, DeskKind.ROLLED_UP, day, verdict, standing, files, who, **_own(found))
    return _closed(home, day, verdict)


def planned(home: Home, day: date, keep_days: int, now_ns: int) -> Verdict:
    """What would be done; nothing is written."""
    refused = cannot_begin(home, COMMAND, day, now_ns)
    if refused is not None:
        return refused
    seen, going = glance(home, day), due(home, day, keep_days)
    logs = [path for path in home.logs.glob("*") if path.is_file()]
    lines = [
        f"statistics {close_folder(home, day) / NAME}",
        f"logs       {len(logs)} files into {logs_folder(home, day)}",
        f"frames     {f'into {archive_folder(home, day)}' if seen.recorded else 'none recorded'}",
        f"go         {', '.join(map(str, going)) or 'none'}: frames older than {keep_days} days",
    ]
    order = order_check(home, day, DeskKind.ROLLED_UP)
    return Verdict(
        command=COMMAND,
        word="PLAN",
        exit_code=Exit.WARN if order else Exit.OK,
        profile=home.profile,
        now_ns=now_ns,
        summary=f"{day}: nothing was written",
        checks=(order,) if order else (),
        body=tuple(lines),
        facts={"day": day, "due": going},
    )


def _done(
    home: Home, day: date, standing: Standing, keep_days: int, steps: Steps, begin: Begin, now_ns: int
) -> tuple[Archived, list[Check]]:
    """Raises BadDay, BrokenChain, BadPayload, BadLogs, BadDeskRecord, OSError."""
    statistics, unknown = _counted(home, day, standing.entries, steps)
    checks = []
    if unknown:
        detail = f"amounts are not known: {'; '.join(unknown)}"
        checks.append(Check(id="rollup.amounts", status=Status.WARN, code="AMOUNTS_UNKNOWN", detail=detail))
    with steps("logs") as progress:
        logs = keep_logs(home, day, now_ns, progress, lambda kept: begin(LOGS, _logs(kept)))
    manifest, wrong = _frames(home, day, steps, begin, now_ns)
    checks += wrong
    clear(home, day)
    gone = []
    for old in due(home, day, keep_days):
        with steps(f"{old:%m-%d} goes") as progress:
            gone.append(drop(home, old, progress))
    checks += [
        Check(id="rollup.frames", status=Status.WARN, code="FRAMES_STAY", detail=f"{one.day}: {one.kept_why}")
        for one in gone
        if one.kept_why
    ]
    return Archived(statistics=statistics, logs=logs, manifest=manifest, gone=tuple(gone)), checks


def _altered(home: Home, day: date) -> Check | None:
    """Of archives that an earlier rollup made: what can be made again is, after it was said. Raises OSError."""
    changed = changed_archives(home, day)
    if not changed:
        return None
    detail = f"not what the desk's record says was made: {', '.join(changed)}"
    hint = "find out who; what cannot be made again is in the day's backup: tarazu dr restore"
    return Check(id="rollup.archive", status=Status.CRIT, code="ARCHIVE_CHANGED", detail=detail, hint=hint)


def _counted(home: Home, day: date, expected: int, steps: Steps) -> tuple[Statistics, tuple[str, ...]]:
    counting, told = Counting(), Executions()
    with steps("counting") as progress:
        entries = TellingEntries(home, day, progress, expected)
        for entry, record in entries:
            counting.told(entry, record)
            if isinstance(record, Record):
                told.told(entry.sequence, record)
        counting.passed(entries.quiet)
    trades, unknown = reckoned(home, day, told)
    return counting.statistics(trades), unknown


def _frames(home: Home, day: date, steps: Steps, begin: Begin, now_ns: int) -> tuple[Manifest | None, list[Check]]:
    """The day's archive; None where nothing was recorded. Raises BadDeskRecord, OSError."""
    seen = glance(home, day)
    if not seen.recorded:
        return _archived_alone(home, day, seen.manifest)
    archived = archive_day(home, day, None, seen.recording, steps, now_ns, lambda kept: begin(FRAMES, _files(kept)))
    manifest = archived.facts.get("manifest")
    if not isinstance(manifest, Manifest):
        detail, hint = archived.summary, f"tarazu data verify {day}"
        return None, [Check(id="rollup.frames", status=Status.CRIT, code="NOT_PROVEN", detail=detail, hint=hint)]
    checks = []
    if manifest.so_far:
        detail, hint = "the feed is being recorded: its archive ends before the log does", f"tarazu rollup --date {day}"
        checks.append(Check(id="rollup.frames", status=Status.WARN, code="SO_FAR", detail=detail, hint=hint))
    if manifest.damages:
        detail = f"{len(manifest.damages)} damaged places, {sum(d.lost for d in manifest.damages):,} frames lost"
        checks.append(Check(id="rollup.frames", status=Status.WARN, code="FRAMES_LOST", detail=detail))
    return manifest, checks


def _archived_alone(home: Home, day: date, manifest: Manifest | None) -> tuple[Manifest | None, list[Check]]:
    """Of a day whose frames are gone, or that was never recorded: an archive that is all there is must be whole."""
    changed = changed_files(archive_folder(home, day), manifest) if manifest is not None else []
    if not changed:
        return manifest, []
    detail = f"the frames are gone, and their archive was changed: {', '.join(changed)}"
    hint = "another copy: tarazu dr restore, tarazu data verify"
    return None, [Check(id="rollup.frames", status=Status.CRIT, code="NOT_PROVEN", detail=detail, hint=hint)]


def _text(day: date, standing: Standing, found: Archived) -> bytes:
    told = {"schema": SCHEMA, "day": day, "standing": standing} | msgspec.structs.asdict(found)
    return msgspec.json.format(msgspec.json.encode(told)) + b"\n"


def _own(found: Archived) -> dict[str, Any]:
    """What the desk's record keeps of the archives: whoever changes one differs from it."""
    logs = _logs(found.logs) if found.logs else {}
    frames = _files(found.manifest) if found.manifest else {}
    gone = [one.day.isoformat() for one in found.gone if not one.kept_why]
    return {LOGS: logs, FRAMES: frames, "frames_gone": gone}


def _logs(kept: LogsKept) -> dict[str, str]:
    return {f"{file.name}.gz": file.gz_sha256 for file in kept.files}


def _files(kept: Manifest) -> dict[str, str]:
    return {file.name: file.sha256 for file in kept.files}


def _closed(home: Home, day: date, verdict: Verdict) -> Verdict:
    """Whether the day is closed by it, and what is wrong where it is not."""
    try:
        entry = step_done(home, day, DeskKind.CLOSED)
        wrong = open_because(home, day, verdict.now_ns)
    except (BadDeskRecord, OSError) as bad:
        entry, wrong = None, [str(bad)]
    closed = entry is not None and not wrong
    line = _when(entry) if closed and entry else f"day        not closed: {'; '.join(wrong)}"
    told = msgspec.structs.replace(verdict, tail=(line,), facts=verdict.facts | {"closed": closed, "open": wrong})
    return told if not closed or entry is None else _flags_told(told, str(entry.body.get("flags_not_noted", "")))


def _when(entry: DeskEntry) -> str:
    return f"day        CLOSED, by {entry.who}: entry {entry.seq} of the desk's record"


def _flags_told(verdict: Verdict, why: str) -> Verdict:
    """The day is closed; what a rollback of flags would go back to is older than it."""
    if not why:
        return verdict
    check = Check(id="close.flags", status=Status.WARN, code="NOT_NOTED", detail=why, hint="tarazu flags list")
    exit_code = max(Exit.WARN, Exit(verdict.exit_code))
    return msgspec.structs.replace(verdict, checks=(*verdict.checks, check), exit_code=exit_code)
