"""`tarazu explain` in words."""

import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tarazu.app.codes import registry
from tarazu.app.codes.limits import LimitNow, limits_now
from tarazu.app.codes.occurrences import Found, occurrences
from tarazu.app.codes.registry import Entry, Room
from tarazu.app.home import Home
from tarazu.app.settings import BadSettings
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst
from tarazu.model import ist

COMMAND = "explain"
WIDTH = 112
CONTROLS = "control, by which an order is weighed"


def code_verdict(home: Home, word: str, entries: Sequence[Entry], environ: Mapping[str, str]) -> Verdict:
    """What one word means in every room that says it, its limits here, and when it was last said here."""
    found = occurrences(home, word, frozenset(entry.room for entry in entries))
    limits, trouble = _limits(home, entries, environ)
    checks = (*trouble, *_unread(found))
    status = worst(checks)
    count = len(entries)
    return Verdict(
        command=COMMAND,
        word=status.name,
        exit_code=exit_of(status),
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=word if count == 1 else f"{word}, in {count} places",
        checks=checks,
        body=tuple(_body(word, entries, limits)),
        tail=tuple(_last(found)),
        facts={
            "code": word,
            "entries": [_fact(entry, limits) for entry in entries],
            "last": [msgspec.to_builtins(one) for one in found.last],
        },
    )


def rooms_verdict(home: Home, rooms: Sequence[Room]) -> Verdict:
    """Every code, room by room."""
    return Verdict(
        command=COMMAND,
        word="OK",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=_counted(rooms),
        body=tuple(line for room in rooms for line in _room(room, whole=len(rooms) == 1)),
        facts={"rooms": [_room_fact(room) for room in rooms]},
    )


def _counted(rooms: Sequence[Room]) -> str:
    count = sum(len(room.codes) for room in rooms)
    if len(rooms) == 1:
        return f"{rooms[0].title}: {count:,} words"
    return f"{count:,} words in {len(rooms)} rooms; more of each: tarazu explain CODE, or --room ROOM"


def _limits(
    home: Home, entries: Sequence[Entry], environ: Mapping[str, str]
) -> tuple[tuple[LimitNow, ...], tuple[Check, ...]]:
    try:
        return limits_now(home, (key for entry in entries for key in entry.limits), environ), ()
    except (BadSettings, OSError) as bad:
        hint = "tarazu config validate"
        return (), (Check(id="settings", status=Status.UNKNOWN, code="BAD_SETTINGS", detail=str(bad), hint=hint),)


def _unread(found: Found) -> Iterator[Check]:
    for told in found.unread:
        detail = f"when it was last said may be elsewhere, too: {told}"
        yield Check(id="explain.last", status=Status.WARN, code="UNREADABLE", detail=detail, hint="tarazu doctor")


def _body(word: str, entries: Sequence[Entry], limits: Sequence[LimitNow]) -> Iterator[str]:
    for entry in entries:
        kind, title = _named(entry)
        made = f"  ({entry.code})" if entry.code != word else ""
        yield f"{word}{made}  {kind}: {title}"
        yield from _row("means", entry.means)
        if entry.gone:
            yield from _row("gone", entry.gone)
        if entry.of:
            yield from _row("shown by", entry.of)
        if entry.do:
            yield from _row("do", entry.do)
        if entry.runbook:
            yield from _row("runbook", runbook_told(entry.runbook))
        for limit in limits:
            if limit.key in entry.limits:
                yield from _row("limit", f"{limit.key} = {limit.value}  ({limit.origin})")


def runbook_told(dotted: str) -> str:
    """`tarazu runbook run sev2-feed-stale, step depth`."""
    name, _, step = dotted.partition(".")
    return f"tarazu runbook run {name}" + (f", step {step}" if step else "")


def _named(entry: Entry) -> tuple[str, str]:
    if entry.room not in registry.ROOMS:
        return entry.room.removesuffix("s"), CONTROLS
    room = registry.room(entry.room)
    return room.kind, room.title


def _row(name: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {name:<9}", subsequent_indent=" " * 11)


def _last(found: Found) -> Iterator[str]:
    """Nothing of words that are no events: an exit code, a state."""
    if found.looked and not found.last:
        yield f"{'LAST':<9}never, by {' and '.join(found.looked)} of this home"
    for number, one in enumerate(found.last):
        yield f"{'LAST' if not number else '':<9}{ist.stamp(one.ts_ns)}  {one.where}: {one.text}"


def _room(room: Room, *, whole: bool) -> Iterator[str]:
    yield f"{room.name}: {room.title}"
    if not whole:
        yield from textwrap.wrap(", ".join(room.codes), WIDTH, initial_indent="  ", subsequent_indent="  ")
        return
    yield from textwrap.wrap(room.about, WIDTH, initial_indent="  ", subsequent_indent="  ")
    width = max(len(code) for code in room.codes) + 2
    for code, entry in room.codes.items():
        yield from textwrap.wrap(entry.means, WIDTH, initial_indent=f"{code:<{width}}", subsequent_indent=" " * width)


def _fact(entry: Entry, limits: Sequence[LimitNow]) -> dict[str, Any]:
    kind, title = _named(entry)
    told = {"code": entry.code, "room": entry.room, "kind": kind, "title": title, "means": entry.means, "do": entry.do}
    mine = [msgspec.to_builtins(limit) for limit in limits if limit.key in entry.limits]
    return told | {"runbook": entry.runbook, "shown_by": entry.of, "limits": mine, "gone": entry.gone}


def _room_fact(room: Room) -> dict[str, Any]:
    return {"name": room.name, "title": room.title, "kind": room.kind, "codes": list(room.codes)}
