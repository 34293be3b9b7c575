"""How far a day's journal is sure to stay."""

from pathlib import Path

from tarazu.journal.codec import WATERMARK_SLOT_BYTES, WATERMARK_SLOTS, BadBytes, decode_watermark
from tarazu.runtime.journal_files import watermark_path


def acknowledged(folder: Path) -> int:
    """The last sequence that its watermark says is on the disk; 0 when it says none. Of the live day a moment ago: a
    slot that is being written is passed over for the one before."""
    path = watermark_path(folder)
    return marked(path.read_bytes()) if path.exists() else 0


def marked(watermark: bytes) -> int:
    """The same, of the bytes of a watermark."""
    raw, found = memoryview(watermark), 0
    for at in range(0, WATERMARK_SLOTS * WATERMARK_SLOT_BYTES, WATERMARK_SLOT_BYTES):
        slot = raw[at : at + WATERMARK_SLOT_BYTES]
        try:
            found = max(found, decode_watermark(slot).sequence) if any(slot) else found
        except BadBytes:
            continue
    return found
