"""Backups in words: what was made, found, restored, and why not."""

import os
from pathlib import Path

from tarazu.adapters.signing import Ed25519Verifier, verifiers_of
from tarazu.app.backup.container.manifest import LeftOut, Manifest
from tarazu.app.backup.refusal import Code, Refused
from tarazu.app.backup.restore import Back
from tarazu.app.data.listing import size_text
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict, answer, exit_of, worst
from tarazu.journal.checkpoint import BadNote
from tarazu.journal.findings import Fault
from tarazu.model import ist
from tarazu.model.units import SECOND_NS

GUARDS = frozenset(
    (Code.NO_HOME, Code.NO_ROOM, Code.BAD_RECIPIENT, Code.TARGET_EXISTS, Code.OTHER_PROFILE, Code.NO_KEY, Code.SEALED)
)
"""Nothing is wrong with the backup: somebody has to do something first."""
UNSEEN = frozenset((Code.NOT_A_FILE,))


def keys_given(home: Home, key: str | None) -> tuple[Ed25519Verifier, ...] | Refused:
    """The verifier key that was given, text or file, else those of the home. Raises OSError."""
    try:
        if key is None:
            return verifiers_of(home.keys)
        return (Ed25519Verifier(Path(key).read_text() if os.path.exists(key) else key),)  # noqa: PTH110 - any text
    except (BadNote, UnicodeDecodeError) as bad:
        return Refused(Code.NO_KEY, str(bad), "--key VKEY, or the file that holds it: keys/journal.vkey of the home")


def refused(command: str, home: Home, now_ns: int, why: Refused) -> Verdict:
    """A guard said no (4), what should be there is not (3), or a backup that is not what was written (2)."""
    exit_code = Exit.REFUSED if why.code in GUARDS else Exit.UNKNOWN if why.code in UNSEEN else Exit.CRIT
    word = "REFUSED" if exit_code is Exit.REFUSED else "UNKNOWN" if exit_code is Exit.UNKNOWN else "BAD"
    status = Status.UNKNOWN if exit_code is Exit.UNKNOWN else Status.CRIT
    check = Check(id="backup", status=status, code=why.code, detail=why.detail, hint=why.hint)
    return answer(command, word, exit_code, home, now_ns, "nothing was changed", (check,))


def failed(command: str, home: Home, now_ns: int, bad: Exception, hint: str) -> Verdict:
    """The machine: a disk that does not write, a key that does not read."""
    check = Check(id="backup", status=Status.CRIT, code="FAILED", detail=f"{type(bad).__name__}: {bad}", hint=hint)
    return answer(command, "FAILED", Exit.CRIT, home, now_ns, "nothing was changed", (check,))


def well(
    command: str, word: str, home: Home, now_ns: int, summary: str, checks: tuple[Check, ...], back: Back
) -> Verdict:
    """A backup that came back; `checks` say what is to be looked at all the same."""
    status = worst(checks)
    told = word if status is Status.OK else f"{word} {status.name}"
    body = (*manifest_lines(back.manifest), f"  signed by {back.verifier}; restored and proven in {back.took_s:.1f} s")
    return answer(command, told, exit_of(status), home, now_ns, summary, checks, body, facts=back_facts(back))


def source_checks(manifest: Manifest) -> tuple[Check, ...]:
    """What was wrong where it was made: the backup has it as it was. A torn tail is what a killed writer leaves, cost
    nothing that was acknowledged, and is erased by the next start."""
    faults = [f"{day.day}: {day.fault}" for day in manifest.journal if day.fault]
    found = [_damaged("backup.journal", fault, "tarazu audit verify --all") for fault in faults]
    if manifest.record.fault:
        found.append(_damaged("backup.desk", manifest.record.fault, "tarazu ready --only desk"))
    return (*found, *(_left(one) for one in manifest.left_out if one.is_wrong))


def _damaged(id_: str, fault: str, hint: str) -> Check:
    torn = f": {Fault.TORN_TAIL} " in fault
    status, code = (Status.WARN, str(Fault.TORN_TAIL)) if torn else (Status.CRIT, "SOURCE_DAMAGED")
    return Check(id=id_, status=status, code=code, detail=f"backed up as it is: {fault}", hint=hint)


def manifest_lines(manifest: Manifest) -> tuple[str, ...]:
    folders: dict[str, list[int]] = {}
    for member in manifest.members:
        top, slash, _ = member.name.partition("/")
        folders.setdefault(top + slash, []).append(member.bytes)
    files = tuple(f"  {name:<20}{len(sizes):>6} files  {size_text(sum(sizes))}" for name, sizes in folders.items())
    left = tuple(f"  not in it: {one.what}: {one.why}" for one in manifest.left_out if not one.is_wrong)
    return (*files, *_came_to(manifest), *left)


def _came_to(manifest: Manifest) -> tuple[str, ...]:
    """What the files amount to."""
    rows = "no database" if manifest.tables is None else f"{sum(t.rows for t in manifest.tables.values()):,} rows"
    record = f"{manifest.record.entries:,} lines of the desk's record"
    if not manifest.journal:
        return (f"  nothing is journalled yet; {rows}; {record}",)
    last = manifest.journal[-1]
    journal = f"  {len(manifest.journal)} days, {manifest.entries:,} entries; {rows}; {record}"
    return (journal, f"  {last.day} root {last.root} over {last.entries:,}")


def back_facts(back: Back) -> dict[str, object]:
    return {"backup": back.file, "signed_by": back.verifier, "took_sec": back.took_s, **manifest_facts(back.manifest)}


def manifest_facts(manifest: Manifest) -> dict[str, object]:
    return {
        "made_by": manifest.made_by,
        "day": manifest.day,
        "files": len(manifest.members),
        "size_bytes": manifest.size,
        "journal": manifest.journal,
        "record": manifest.record,
        "tables": manifest.tables,
        "left_out": manifest.left_out,
    }


def made_text(made_ns: int) -> str:
    """`2026-11-23 16:04 IST`."""
    return f"{ist.stamp(made_ns)[:16]} IST"


def age_text(age_ns: int) -> str:
    hours = age_ns / SECOND_NS / 3_600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


def _left(one: LeftOut) -> Check:
    hint = "take it out of the file; then tarazu dr backup" if one.why.startswith("withheld") else ""
    return Check(id="backup.left_out", status=Status.WARN, code="LEFT_OUT", detail=f"{one.what}: {one.why}", hint=hint)
