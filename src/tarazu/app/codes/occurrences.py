"""When a code was last said in this home: in its alerts, its desk's record, its journal and its feed log.

Nothing is changed, and no more is read than is needed: alerts and the desk's record whole, of journal and feed log the
last day that there is. What does not read is named, and hides nothing else.
"""

import json
import mmap
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tarazu.app.home import Home
from tarazu.app.verdict import plain

MOST = 5
FEED_BYTES_MAX = 1 << 30
"""Of the last day's feed log, from its end: searched in about a second."""
TEXT_MAX = 200

JOURNALLED = frozenset({"gate", "halts", "engine", "alarms", "watchdog", "risk", "readiness"})
"""Rooms whose codes main writes into the journal."""
NO_EVENTS = frozenset({"market", "decisions", "states", "verdicts", "exits", "controls"})
"""Rooms whose words are not said of a moment."""
OF_THE_FEED = frozenset({"feed", "stale", "feed-events", "links", "selection", "watchdog"})
"""Rooms whose codes depth_ws writes into the feed log."""


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    ts_ns: int
    """UTC, of the profile's clock."""
    where: str
    """`alert AL-20261123-003`, `record incident`, `journal 2026-11-23 @48211`, `feed 2026-11-23`."""
    text: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    looked: tuple[str, ...]
    """Where: `alerts`, `the desk's record`, ...; empty for words that are no events."""
    last: tuple[Occurrence, ...]
    """At most MOST, the newest first."""
    unread: tuple[str, ...]
    """What could not be read, and may hide more."""


def occurrences(home: Home, word: str, rooms: frozenset[str]) -> Found:
    """Of the code `word`, which has entries in these rooms."""
    if rooms <= NO_EVENTS:
        return Found(looked=(), last=(), unread=())
    sources: list[tuple[str, Callable[[Home, str], Iterator[Occurrence]]]] = [
        ("alerts", _of_alerts),
        ("the desk's record", _of_record),
    ]
    if rooms & JOURNALLED:
        sources.append(("the last day's journal", _of_journal))
    if rooms & OF_THE_FEED:
        sources.append(("the last day's feed log", _of_feed))
    found, unread = list[Occurrence](), list[str]()
    for name, source in sources:
        try:
            found += source(home, word)
        except (OSError, ValueError) as bad:
            unread.append(f"{name}: {bad}")
    found.sort(key=lambda one: one.ts_ns, reverse=True)
    looked = tuple(name for name, _ in sources)
    return Found(looked=looked, last=tuple(found[:MOST]), unread=tuple(unread))


def _of_alerts(home: Home, word: str) -> Iterator[Occurrence]:
    from tarazu.app.alerts.box import Box

    for kept in Box(home.alerts).alerts():
        if kept.alert.code == word:
            times = f" ({kept.times} times)" if kept.times > 1 else ""
            yield _said(kept.last_ns, f"alert {kept.id}", f"{kept.alert.severity} {kept.alert.text}{times}")


def _of_record(home: Home, word: str) -> Iterator[Occurrence]:
    """Raises BadDeskRecord, OSError."""
    from tarazu.runtime.desk_record import DeskKind, dated

    whole = re.compile(rf"(?<![A-Z0-9_]){re.escape(word)}(?![A-Z0-9_])")
    for _, entry in dated(home.desk):
        if entry.kind is DeskKind.ALERT or (entry.kind is DeskKind.INCIDENT and entry.body.get("act") != "open"):
            continue  # the alert is in the outbox, and an incident is told once
        texts = [text for text in _texts(entry.body) if whole.search(text)]
        if texts:
            named = str(entry.body.get("id") or entry.body.get("incident") or "")
            why = f": {entry.body['why']}" if entry.body.get("why") else ""
            detail = str(entry.body.get("detail") or max(texts, key=len) + why)
            yield _said(entry.ts_ns, f"record {named or entry.kind}", detail)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _of_journal(home: Home, word: str) -> Iterator[Occurrence]:
    """The last day's, up to the first damage. Raises BadPayload (a ValueError), OSError."""
    from tarazu.runtime.journal_files import day_folder, days
    from tarazu.runtime.journal_reader import BrokenChain, JournalReader

    known, mark = days(home.journal), word.encode()
    entries = JournalReader(day_folder(home.journal, known[-1])).ready() if known else iter(())
    while True:
        try:
            entry = next(entries, None)
        except BrokenChain as broken:
            raise ValueError(f"{known[-1]}: {broken}") from broken
        if entry is None:
            return
        if mark in entry.payload:
            from tarazu.engine import codec

            record = codec.decode(entry.kind, entry.payload)
            for text in _in_step(record, word):
                yield _said(record.stamped.wall_ns, f"journal {known[-1]} @{entry.sequence}", text)


def _in_step(record: Any, word: str) -> Iterator[str]:
    """What of a journalled step says the code."""
    from tarazu.engine.acts import Alert, Deny, HaltStrategy, SetHalt
    from tarazu.engine.codec import Record

    for act in record.step.acts if isinstance(record, Record) else ():
        match act:
            case Deny():
                for no in act.denials:
                    if no.code == word:
                        limit = f", limit {no.limit}" if no.limit else ""
                        yield f"denied {act.want.strategy or 'nobody'}: {no.observed or 'no'}{limit}"
            case Alert(code=code, text=text) if code == word:
                yield text
            case SetHalt(halt=halt) | HaltStrategy(halt=halt) if halt is not None and word in (halt.code, halt.level):
                yield f"{halt.level} by {halt.code}: {halt.why}"


def _of_feed(home: Home, word: str) -> Iterator[Occurrence]:
    """The last recorded day's events of this type or reason, found by their text from the end of the log: a day is
    gigabytes of frames, and its events are a few hundred lines of JSON among them. Raises OSError."""
    folders = sorted(one for one in home.feed.iterdir() if one.is_dir()) if home.feed.is_dir() else []
    if not folders:
        return
    count, room = 0, FEED_BYTES_MAX
    for path in sorted(folders[-1].glob("[0-9]*.seg"), reverse=True):
        for told in reversed(_events(path, word)):
            if count < MOST:
                count += 1
                yield _said(_ts_ns(told), f"feed {folders[-1].name}", _event_text(told))
        room -= path.stat().st_size
        if count >= MOST or room <= 0:
            return


def _events(path: Path, word: str) -> list[dict[str, Any]]:
    """In order. What is not whole, because it is just being written, is left out."""
    found: dict[int, dict[str, Any]] = {}
    if not path.stat().st_size:
        return []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        for start, end in _hits(view, f':"{word}"'.encode()):
            begin = view.rfind(b'{"type":"', max(start - _EVENT_BYTES, 0), end)
            told = _object(view[begin : begin + _EVENT_BYTES]) if begin >= 0 else None
            if told is not None:
                found[begin] = told
    return [found[begin] for begin in sorted(found)]


def _hits(view: mmap.mmap, said: bytes) -> Iterator[tuple[int, int]]:
    """Where a key that names a code has this value: once through the file, and by `find`, half as dear as a pattern."""
    at = view.find(said)
    while at >= 0:
        for key in (b'"type"', b'"reason"'):
            if view[max(at - len(key), 0) : at] == key:
                yield at - len(key), at + len(said)
        at = view.find(said, at + 1)


_EVENT_BYTES = 1 << 16
"""More than any event that has a reason; SELECTED, with thousands of instruments, is shown by its type alone."""


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        told = json.JSONDecoder().raw_decode(raw.decode(errors="replace"))[0]
    except ValueError:
        head = re.match(rb'\{"type":"([A-Z_]+)"[^\[]*?"(?:ts_ns|wall_ns)":(\d+)', raw)
        return {"type": head[1].decode(), "ts_ns": int(head[2])} if head else None
    return told if isinstance(told, dict) else None


def _ts_ns(told: dict[str, Any]) -> int:
    return int(told.get("ts_ns") or told.get("wall_ns") or 0)


def _event_text(told: dict[str, Any]) -> str:
    parts = [str(told[key]) for key in ("type", "feed", "reason", "text", "detail") if told.get(key)]
    return " ".join(parts)


def _said(ts_ns: int, where: str, text: str) -> Occurrence:
    return Occurrence(ts_ns=ts_ns, where=plain(where), text=plain(text)[:TEXT_MAX])
