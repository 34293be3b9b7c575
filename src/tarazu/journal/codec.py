"""The bytes: frames, the header of a segment, the watermark. Little-endian, versioned, each under a CRC-32C.

A segment is a header and frames, each beginning on a multiple of 8, and zeros where nothing has been written: a length
of 0 is the end. Byte 8 of a frame is always zero. It is RFC 6962's leaf prefix, stored so that the hash of the bytes
from there on *is* the leaf hash of the bytes after it: one hash an entry serves the chain and the tree.
"""

import struct
from hashlib import sha256

import msgspec

from tarazu.journal.crc import crc32c
from tarazu.journal.entry import PAYLOAD_BYTES_MAX, Entry

VERSION = 1

# length u32 (header and payload), CRC-32C u32 (of all after it), leaf prefix u8 = 0, version u8, durability u8, 0 u8,
# kind u16, 0 u16, day u32, epoch u32, sequence u64, ts_ns i64, previous entry's hash.
FRAME = struct.Struct("<IIBBBBHHIIQq32s")
FRAME_HEADER_BYTES = FRAME.size
CRC_FROM = HASH_FROM = 8
LEAF_FROM = 9
"""The leaf's data begins after the prefix: what RFC 6962 hashes as `0x00 || data`."""
assert FRAME_HEADER_BYTES == 72 and FRAME_HEADER_BYTES % 8 == 0

_PREFIX = struct.Struct("<II")
_BODY = struct.Struct("<BBBBHHIIQq32s")

# magic, version u32, day u32, segment u32, epoch u32, segment bytes u64, first sequence u64, hash before it,
# SHA-256 of the log's name; zeros up to a CRC-32C of all before it.
SEGMENT_MAGIC = b"TZJRNL\r\n"  # the line end shows a copy made in text mode, as PNG's signature does
_SEGMENT = struct.Struct("<8sIIIIQQ32s32s")
SEGMENT_HEADER_BYTES = 128

# magic, version u32, day u32, epoch u32, 0 u32, count u64, sequence u64, entry hash, checkpoint bytes u64,
# SHA-256 of the log's name; zeros up to a CRC-32C of all before it.
WATERMARK_MAGIC = b"TZMARK\r\n"
_WATERMARK = struct.Struct("<8sIIIIQQ32sQ32s")
WATERMARK_SLOT_BYTES = 512
"""One sector, which a disk writes whole or not at all."""
WATERMARK_SLOTS = 2

_CRC = struct.Struct("<I")


class SegmentHeader(msgspec.Struct, frozen=True, kw_only=True):
    day: int
    segment: int
    epoch: int
    size: int
    first_sequence: int
    prev: bytes
    """The hash of the entry before the first."""
    log: bytes
    """`log_id` of the journal's name: segments of another desk are not taken for ours."""


class Watermark(msgspec.Struct, frozen=True, kw_only=True):
    """What was on the disk when it was written. It is never ahead of the segments."""

    day: int
    epoch: int
    count: int
    """How many marks were written before; the higher of two slots is the later."""
    sequence: int
    hash: bytes
    checkpoint_bytes: int
    """How long the file of checkpoints was."""
    log: bytes


class BadBytes(Exception):
    """Bytes that are not what they should be; the message says in what."""


def log_id(name: str) -> bytes:
    """The journal's name in 32 bytes."""
    return sha256(name.encode()).digest()


def aligned(size: int) -> int:
    """`size` rounded up to where a frame may begin."""
    return (size + 7) & ~7


def encode_frame(
    sequence: int, ts_ns: int, kind: int, durability: int, epoch: int, day: int, prev: bytes, payload: bytes
) -> tuple[bytes, bytes]:
    """A whole frame with its padding, and the entry's hash."""
    body = _BODY.pack(0, VERSION, durability, 0, kind, 0, day, epoch, sequence, ts_ns, prev) + payload
    pad = b"\0" * (-len(body) & 7)
    return _PREFIX.pack(len(body) + CRC_FROM, crc32c(body)) + body + pad, sha256(body).digest()


def entry_at(view: memoryview, at: int) -> Entry | None:
    """The whole, intact entry at an offset; None when there is none (yet)."""
    if at + FRAME_HEADER_BYTES > len(view):
        return None
    length, crc, zero, version, durability, zero_b, kind, zero_c, day, epoch, sequence, ts_ns, prev = FRAME.unpack_from(
        view, at
    )
    if not FRAME_HEADER_BYTES <= length <= FRAME_HEADER_BYTES + PAYLOAD_BYTES_MAX or at + length > len(view):
        return None
    body = bytes(view[at + CRC_FROM : at + length])
    if crc32c(body) != crc or zero or zero_b or zero_c or version != VERSION:
        return None
    payload = body[FRAME_HEADER_BYTES - CRC_FROM :]
    return Entry(sequence, ts_ns, kind, durability, epoch, day, prev, sha256(body).digest(), payload)


def after(entry: Entry, at: int) -> int:
    """The offset of the frame that follows the entry at `at`."""
    return at + aligned(FRAME_HEADER_BYTES + len(entry.payload))


def leaf_of(view: memoryview, at: int) -> bytes:
    """The leaf's data of the intact frame at an offset, for a proof to be shown to others."""
    return bytes(view[at + LEAF_FROM : at + _CRC.unpack_from(view, at)[0]])


def entry_of_leaf(leaf: bytes) -> Entry:
    """The entry in a leaf's data. Raises BadBytes."""
    framed = _PREFIX.pack(len(leaf) + LEAF_FROM, crc32c(b"\0" + leaf)) + b"\0" + leaf
    entry = entry_at(memoryview(framed), 0)
    if entry is None:
        raise BadBytes(f"{len(leaf)} bytes are no journal entry")
    return entry


def encode_segment_header(header: SegmentHeader) -> bytes:
    head = _SEGMENT.pack(
        SEGMENT_MAGIC,
        VERSION,
        header.day,
        header.segment,
        header.epoch,
        header.size,
        header.first_sequence,
        header.prev,
        header.log,
    )
    return _sealed(head, SEGMENT_HEADER_BYTES)


def decode_segment_header(view: memoryview) -> SegmentHeader:
    """Raises BadBytes."""
    head = _unsealed(view, SEGMENT_HEADER_BYTES, "segment header")
    magic, version, day, segment, epoch, size, first, prev, log = _SEGMENT.unpack_from(head)
    _expect(magic, SEGMENT_MAGIC, version, "segment")
    return SegmentHeader(day=day, segment=segment, epoch=epoch, size=size, first_sequence=first, prev=prev, log=log)


def encode_watermark(mark: Watermark) -> bytes:
    head = _WATERMARK.pack(
        WATERMARK_MAGIC,
        VERSION,
        mark.day,
        mark.epoch,
        0,
        mark.count,
        mark.sequence,
        mark.hash,
        mark.checkpoint_bytes,
        mark.log,
    )
    return _sealed(head, WATERMARK_SLOT_BYTES)


def decode_watermark(view: memoryview) -> Watermark:
    """One slot. Raises BadBytes."""
    head = _unsealed(view, WATERMARK_SLOT_BYTES, "watermark")
    magic, version, day, epoch, _, count, sequence, entry_hash, checkpoint_bytes, log = _WATERMARK.unpack_from(head)
    _expect(magic, WATERMARK_MAGIC, version, "watermark")
    return Watermark(
        day=day,
        epoch=epoch,
        count=count,
        sequence=sequence,
        hash=entry_hash,
        checkpoint_bytes=checkpoint_bytes,
        log=log,
    )


def _sealed(head: bytes, size: int) -> bytes:
    head = head.ljust(size - _CRC.size, b"\0")
    return head + _CRC.pack(crc32c(head))


def _unsealed(view: memoryview, size: int, what: str) -> memoryview:
    if len(view) < size:
        raise BadBytes(f"{len(view)} bytes are no {what}")
    head = view[: size - _CRC.size]
    if crc32c(head) != _CRC.unpack_from(view, size - _CRC.size)[0]:
        raise BadBytes(f"{what}: checksum does not match")
    return head


def _expect(magic: bytes, wanted: bytes, version: int, what: str) -> None:
    if magic != wanted:
        raise BadBytes(f"not a journal's {what}")
    if version != VERSION:
        raise BadBytes(f"{what} of format version {version}, this program reads {VERSION}")
