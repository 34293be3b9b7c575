"""What a step of the close stood on: the day's journal as far as it went then, by its root."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tarazu.app.home import Home
from tarazu.journal.codec import (
    SEGMENT_HEADER_BYTES,
    WATERMARK_SLOT_BYTES,
    BadBytes,
    after,
    decode_segment_header,
    decode_watermark,
    entry_at,
)
from tarazu.journal.entry import Entry
from tarazu.runtime.journal_files import (
    WATERMARK_BYTES,
    day_folder,
    days,
    map_file,
    read_day,
    segment_numbers,
    segment_path,
    watermark_path,
)
from tarazu.runtime.writer_lock import is_being_written

if TYPE_CHECKING:
    from tarazu.engine.acts import Step


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Of a day's journal; `entries` 0 and no hashes: nothing is journalled of that day."""

    entries: int = 0
    root: str = ""
    """The Merkle root over the entries, hexadecimal, as `tarazu audit verify` tells it."""
    head: str = ""
    """The hash of the last entry, hexadecimal: by the chain it is of all before it."""
    fault: str = ""
    """What is wrong with the day's bytes behind these entries, or with its watermark; empty: nothing. Checkpoints and
    their signatures are the audit's."""


NOTHING_JOURNALLED = Standing()


def standing_of(home: Home, day: date) -> Standing:
    """As the journal is now; of the day being written the end is not judged. A million entries take about a second.
    Raises OSError."""
    if day not in days(home.journal):
        return NOTHING_JOURNALLED
    from tarazu.journal.verify import verify_day

    live = is_being_written(home.journal) and day == days(home.journal)[-1]
    report = verify_day(read_day(day_folder(home.journal, day)), live=live)
    fault = "" if report.gravest is None else str(report.gravest)
    if not report.entries:
        return Standing(fault=fault)
    root, head = report.root.hex(), report.head.hash.hex()
    return Standing(entries=report.entries, root=root, head=head, fault=fault)


def moved_since(home: Home, day: date, standing: Standing) -> str:
    """Why what stood on `standing` does not hold any more; empty: it does.

    A process that runs on journals its seconds, and reads the broker's books again, after the close, which changes
    nothing of the day: what does are orders, fills, acts and people's words. Nothing before it is proven here but by
    the last entry's hash; that is the audit's. Raises OSError.
    """
    if day not in days(home.journal):
        return f"the journal had {standing.entries:,} entries and is gone" if standing.entries else ""
    folder = day_folder(home.journal, day)
    if _ends_at(folder, standing):
        return ""
    count = 0
    for entry in _from(folder, standing.entries):
        count = entry.sequence
        if count == standing.entries and entry.hash.hex() != standing.head:
            return f"entry {count:,} of the journal is another than it was"
        if count > standing.entries and (moved := _moves(entry)):
            return f"{moved} was journalled since, entry {count:,}"
    return "" if count >= standing.entries else f"the journal had {standing.entries:,} entries and has {count:,}"


def _ends_at(folder: Path, standing: Standing) -> bool:
    """By the watermark alone, which is enough to know for one that has not grown."""
    try:
        raw = watermark_path(folder).read_bytes()
        slots = [raw[at : at + WATERMARK_SLOT_BYTES] for at in range(0, WATERMARK_BYTES, WATERMARK_SLOT_BYTES)]
        marks = [decode_watermark(memoryview(slot)) for slot in slots if any(slot)]
    except (OSError, BadBytes):
        return False
    last = max(marks, key=lambda mark: mark.count, default=None)
    return last is not None and (last.sequence, last.hash.hex()) == (standing.entries, standing.head)


def _from(folder: Path, sequence: int) -> Iterator[Entry]:
    """The entries of the segment that has this one, and of those after it."""
    views = [map_file(segment_path(folder, number)) for number in segment_numbers(folder)]
    starts = [number for number, view in enumerate(views) if decode_segment_header(view).first_sequence <= sequence]
    for view in views[starts[-1] if starts else 0 :]:
        at = SEGMENT_HEADER_BYTES
        while (entry := entry_at(view, at)) is not None:
            yield entry
            at = after(entry, at)


def _did(step: "Step") -> bool:
    """Whether anything came of a message, but that the books are read again."""
    from tarazu.engine.acts import AskRead

    return bool(step.outputs) or any(not isinstance(act, AskRead) for act in step.acts)


def _moves(entry: Entry) -> str:
    """What of the day it moves, by its name; empty: nothing."""
    from tarazu.engine import codec
    from tarazu.engine import messages as m

    try:
        record = codec.decode(entry.kind, entry.payload)
    except codec.BadPayload as bad:
        return str(bad)
    if isinstance(record, codec.Failure):
        return "a failure"
    message = record.stamped.message
    match message:
        case m.OrderHeard() | m.Answered() | m.Wanted() | m.Commanded():
            return type(message).__name__
        case m.OrdersRead(reports=news, gone=gone) if gone or (news and _did(record.step)):
            return "news of an order"  # a row that an update had told of before is none
        case m.TradesRead(fills=fills, gone=lost) if fills or lost:
            return "news of a fill"
    return next((type(said).__name__ for said in record.step.outputs), "")
