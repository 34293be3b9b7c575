"""Walking a day's segments: every frame checked, every damaged byte located, a torn tail erased."""

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from tarazu.runtime.damage import Damage, Fault
from tarazu.runtime.segment import (
    FIRST_SEQUENCE,
    FRAME_HEADER_BYTES,
    SEGMENT_HEADER_BYTES,
    Frame,
    Kind,
    Position,
    frame_at,
    header_fault,
    is_begun,
    last_written,
    next_frame,
    segment_path,
    segments,
)
from tarazu.runtime.segment_file import map_segment
from tarazu.runtime.writer_lock import WriterLock, is_being_written


class Report(msgspec.Struct, kw_only=True):
    """What a walk found. `end` is where the next frame belongs, `next_sequence` what it will be called."""

    folder: Path
    segments: int = 0
    frames: int = 0
    payload_bytes: int = 0
    next_sequence: int = FIRST_SEQUENCE
    end: Position = Position(1, SEGMENT_HEADER_BYTES)
    damages: list[Damage] = []

    @property
    def clean(self) -> bool:
        return not self.damages

    @property
    def torn_tails(self) -> list[Damage]:
        return [d for d in self.damages if d.fault is Fault.TORN_TAIL]


def verify(folder: Path, progress: Callable[[int, int], None] | None = None) -> Report:
    """Check every frame of a day's folder. Changes nothing.

    The tail of a log that is being written is not judged: its last frame may be on its way. `progress` is told
    segments done and segments in all.
    """
    return _inspect(folder, segments(folder), live=is_being_written(folder), progress=progress)


def repair(folder: Path) -> Report:
    """`verify`, and erase the torn tail it reports. Other damage is reported and left. Raises SecondWriter."""
    lock = WriterLock(folder)
    try:
        report = _inspect(folder, segments(folder))
        _erase(report)
        return report
    finally:
        lock.close()


def recover(folder: Path) -> Report:
    """What a writer needs to go on, from the last segments only; a torn tail is erased. The writer's lock is held.

    A segment that was cut short, or whose header is damaged, is not gone on with: the log continues in the next one.
    """
    numbers = segments(folder)
    begun = _begun(folder, numbers)
    report = _inspect(folder, begun[-2:], expected=0)
    if not report.next_sequence:
        report = _inspect(folder, begun)  # nothing readable in the last two: count from the first
    _erase(report)
    if any(d.fault is Fault.HEADER and d.segment == report.end.segment for d in report.damages):
        report.end = Position(report.end.segment + 1, SEGMENT_HEADER_BYTES)
    return report


def _begun(folder: Path, numbers: list[int]) -> list[int]:
    """The segments up to the last that has anything in it: the next ones are only prepared."""
    for count in range(len(numbers), 0, -1):
        view = map_segment(folder, numbers[count - 1])
        if view is not None and is_begun(view):
            return numbers[:count]
    return []


def _inspect(
    folder: Path,
    numbers: list[int],
    expected: int = FIRST_SEQUENCE,
    live: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Walk these segments in order; `expected` is the first frame's sequence, 0 when not known."""
    report = Report(folder=folder, next_sequence=expected, damages=[])
    begun = len(_begun(folder, numbers))
    first = numbers[0] - 1 if expected != FIRST_SEQUENCE and numbers else 0
    for done, number in enumerate(numbers):
        report.damages += [
            Damage(fault=Fault.SEGMENT_MISSING, segment=missing, offset=0) for missing in range(first + 1, number)
        ]
        first = number
        view = map_segment(folder, number)
        if view is None:
            continue  # an unbegun segment, taken away by the writer as it closed
        _inspect_segment(report, view, number, begun=done < begun, last=done == begun - 1, live=live)
        if progress is not None:
            progress(done + 1, len(numbers))
    return report


def _inspect_segment(report: Report, view: memoryview, number: int, begun: bool, last: bool, live: bool) -> None:
    fault = header_fault(view, date.fromisoformat(report.folder.name), number)
    if fault is not None:
        report.damages.append(
            Damage(fault=Fault.HEADER, segment=number, offset=0, size=SEGMENT_HEADER_BYTES, detail=fault)
        )
    if not begun:
        return
    report.segments += 1
    sealed = False
    at = SEGMENT_HEADER_BYTES
    for found in walk(view, number, report.next_sequence, last):
        if isinstance(found, Damage):
            if not (live and found.fault is Fault.TORN_TAIL):
                report.damages.append(found)
            continue
        sealed, at, report.next_sequence = found.kind == Kind.SEAL, found.after, found.sequence
        if not sealed:
            report.frames += 1
            report.payload_bytes += len(found.payload)
            report.next_sequence += 1
    if sealed:
        report.end = Position(number + 1, SEGMENT_HEADER_BYTES)
    else:
        report.end = Position(number, at)


def walk(view: memoryview, segment: int, expected: int, last: bool) -> Iterator[Frame | Damage]:
    """The frames of one segment, its seal included, and the damage between them, in order.

    `expected` is the first frame's sequence, 0 when not known. Only in the `last` segment is the end a torn tail.
    """
    at = SEGMENT_HEADER_BYTES
    while True:
        frame = frame_at(view, at, segment)
        if frame is None:
            beyond = next_frame(view, at, segment, expected)
            frame = frame_at(view, at, segment)  # a live writer may have finished it, and the next, since we looked
            if frame is None and beyond is None:
                yield from _ending(view, segment, at, expected, last)
                return
            if frame is None:
                assert beyond is not None
                yield corrupt(segment, at, beyond, expected)
                frame = beyond
        elif expected and frame.sequence != expected:
            yield gap(frame, expected)
        yield frame
        at, expected = frame.after, frame.sequence + 1
        yield from _padding(view, frame)
        if frame.kind == Kind.SEAL:
            yield from _beyond_seal(view, segment, at)
            return


def gap(frame: Frame, expected: int) -> Damage:
    """Frames are missing before `frame`, or it repeats what came before."""
    lost = max(0, frame.sequence - expected)
    return Damage(
        fault=Fault.SEQUENCE_GAP,
        segment=frame.segment,
        offset=frame.offset,
        sequence=expected,
        lost=lost,
        detail=f"frame {frame.sequence} where {expected} belongs",
    )


def _ending(view: memoryview, segment: int, at: int, expected: int, last: bool) -> Iterator[Damage]:
    """No whole frame from `at` on: nothing, a torn tail, or, before a further segment, a lost end."""
    size = last_written(view, at) - at
    if not last:
        detail = "the segment ends without a seal and another follows"
        yield Damage(fault=Fault.CORRUPT, segment=segment, offset=at, size=size, sequence=expected, detail=detail)
    elif size:
        yield Damage(fault=Fault.TORN_TAIL, segment=segment, offset=at, size=size, sequence=expected)


def corrupt(segment: int, at: int, beyond: Frame, expected: int) -> Damage:
    """No frame from `at` up to the frame `beyond`."""
    lost = beyond.sequence - expected if expected else 0
    return Damage(
        fault=Fault.CORRUPT, segment=segment, offset=at, size=beyond.offset - at, sequence=expected, lost=lost
    )


def _padding(view: memoryview, frame: Frame) -> Iterator[Damage]:
    """The bytes up to the next frame, outside every checksum, are zero."""
    end = frame.offset + FRAME_HEADER_BYTES + len(frame.payload)
    if any(view[end : frame.after]):
        yield Damage(
            fault=Fault.CORRUPT,
            segment=frame.segment,
            offset=end,
            size=frame.after - end,
            sequence=frame.sequence,
            detail="padding; the frame itself is whole",
        )


def _beyond_seal(view: memoryview, segment: int, at: int) -> Iterator[Damage]:
    size = last_written(view, at) - at
    if size:
        yield Damage(fault=Fault.CORRUPT, segment=segment, offset=at, size=size, detail="bytes after the seal")


def _erase(report: Report) -> None:
    """Zero the torn tail, durably, so that the next frame finds what the format promises."""
    for torn in report.torn_tails:
        fd = os.open(segment_path(report.folder, torn.segment), os.O_WRONLY)
        try:
            os.pwrite(fd, bytes(torn.size), torn.offset)
            os.fdatasync(fd)
        finally:
            os.close(fd)
