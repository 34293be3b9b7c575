"""What a day is judged by: its files, and what is known from elsewhere."""

from collections.abc import Sequence
from datetime import date

import msgspec

from tarazu.journal.checkpoint import Verifier


class DayFiles(msgspec.Struct, frozen=True, kw_only=True):
    """A day as bytes. Of a day being written the watermark is read first, the checkpoints next, the segments last."""

    day: date
    segments: Sequence[tuple[int, memoryview]] = ()
    """By number, ascending."""
    watermark: bytes | None = None
    checkpoints: bytes = b""


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """What is known from elsewhere, and so cannot have been changed with the files."""

    name: str | None = None
    """The journal's."""
    verifiers: tuple[Verifier, ...] = ()
    kept: tuple[bytes, ...] = ()
    """Checkpoints kept outside the folder, as notes."""
    epoch: int | None = None
    """The last that was begun."""
    first_prev: bytes | None = None
    """The hash of the last entry before this day."""


NOTHING = Trust()
