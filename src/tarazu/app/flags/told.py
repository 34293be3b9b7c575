"""The flags in lines for people, and the answer to a change of them."""

from collections.abc import Iterator, Sequence
from typing import Any

from tarazu.app.feed.words import table
from tarazu.app.flags.checks import Looked
from tarazu.app.flags.known import ENTRIES, PERSON, Values, known, said
from tarazu.app.flags.store import Change
from tarazu.app.flags.taken import TAKEN_S, waited_for
from tarazu.app.flags.versions import FlagSet
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.verdict import Check, Exit, Status, Verdict, plain
from tarazu.model import ist

SHOWN_MAX = 10
"""Versions that are shown without being asked for."""


def value_lines(values: Values) -> list[str]:
    """Each flag that is set, and `entries` always."""
    names = [ENTRIES.form, *(name for name in sorted(values) if name != ENTRIES.form)]
    rows = [(name, said(values.get(name, known(name).default)), said(known(name).default)) for name in names]
    return list(table([("FLAG", "VALUE", "DEFAULT"), *rows]))


def version_lines(looked: Looked, shown: int = SHOWN_MAX) -> Iterator[str]:
    """The latest first, with what each changed from the one that was made before it."""
    if not looked.versions:
        return
    rows = [("VERSION", "SHA256", "MADE (IST)", "BY", "WHY", "")]
    for found in looked.versions[:shown]:
        made = ist.stamp(found.at_ns)[:19]
        rows.append((str(found.version), found.short, made, plain(found.who), plain(found.why), _marks(looked, found)))
    yield from table(rows)
    if len(looked.versions) > shown:
        yield f"and {len(looked.versions) - shown} older (--all)"


def _marks(looked: Looked, found: FlagSet) -> str:
    marks = [("active", looked.active), ("known good", looked.known_good)]
    return ", ".join(mark for mark, of in marks if of is not None and of.sha256 == found.sha256)


def facts_of(found: FlagSet | None) -> dict[str, Any] | None:
    """For machines."""
    return None if found is None else {"version": found.version, "sha256": found.sha256, "values": dict(found.values)}


def name_of(found: FlagSet | None) -> str:
    if found is None:
        return "flags that do not read"
    if not found.version:
        return "version 0 (everything on)"
    return f"version {found.version} ({found.short})" if found.sha256 else f"version {found.version}, not made"


def change_verdict(home: Home, command: str, word: str, change: Change, *, dry: bool) -> Verdict:
    """Told once main has it, or has not taken it in time: exit 5 then, and it says who has not."""
    checks: tuple[Check, ...] = ()
    if not dry:
        checks = (waited_for(home, change.now, TAKEN_S),)
    late = [check for check in checks if check.status not in (Status.OK, Status.SKIP)]
    has = "; main keeps to it" if checks and checks[0].status is Status.OK else ""
    line = f"{name_of(change.was)} -> {name_of(change.now)}{has}"
    if dry:
        line = f"{line}; nothing was changed"
    return Verdict(
        command=command,
        word="PARTIAL" if late else "DRY_RUN" if dry else word,
        exit_code=Exit.PARTIAL if late else Exit.OK,
        profile=home.profile,
        now_ns=desk_now_ns(home),
        summary=line,
        checks=checks,
        body=tuple(change.lines or ["no flag is another"]),
        facts={"before": facts_of(change.was), "after": facts_of(change.now), "changes": change.lines, "dry_run": dry},
    )


def refused(
    home: Home, command: str, code: str, told: str, hint: str = "", *, exit_code: Exit = Exit.REFUSED
) -> Verdict:
    """Nothing was changed."""
    check = Check(id="flags", status=Status.CRIT, code=code, detail=told, hint=hint)
    return Verdict(
        command=command,
        word="REFUSED" if exit_code is Exit.REFUSED else "CRIT",
        exit_code=exit_code,
        profile=home.profile,
        now_ns=desk_now_ns(home),
        summary="nothing was changed",
        checks=(check,),
    )


def unknown_strategies(changes: Sequence[str], running: Sequence[str] | None) -> str:
    """Which of these names no running strategy has; empty where each is known, or nobody can tell."""
    if running is None:
        return ""
    return ", ".join(name for name in dict.fromkeys(changes) if name and name not in (*running, PERSON))
