"""Verify a tarazu journal without tarazu: bare Python 3.8 or newer, nothing imported from the program that wrote it.

    python verify_journal.py day FOLDER [--key VKEY] [--kept NOTE_FILE ...]    a whole day
    python verify_journal.py checkpoint NOTE_FILE --key VKEY                   one signed checkpoint
    python verify_journal.py proof PROOF_FILE --key VKEY                       that one entry was in the log

VKEY is the line in journal.vkey, or that file. Keep it, and a checkpoint now and then, away from the journal's machine:
without them a day that was rewritten whole looks whole.
Exit code 0: everything holds. 1: a torn tail, which a crash leaves and the next start removes. 2: not what was written.
3: cannot tell (nothing there, not readable, or no checkpoint that the key signed). The first line says it in a word.

What is read, numbers little-endian: a segment is a header of 128 bytes, entries, each on a multiple of 8, and zeros. An
entry is its length u32, the CRC-32C u32 of all after it, 0 u8, version u8, durability u8, 0 u8, kind u16, 0 u16,
day u32, epoch u32, sequence u64, time i64 (ns), the hash of the entry before, payload. Its own is SHA-256 from the
zero byte on: RFC 6962's leaf hash of all after that byte. The watermark has two slots of 512 bytes, the later says what
had been on the disk. Checkpoints are C2SP signed notes, Ed25519, of the RFC 6962 root of the first entries.
"""

import base64
import contextlib
import hashlib
import json
import struct
import sys
from pathlib import Path

OK, TORN, WRONG, UNKNOWN = 0, 1, 2, 3
GRAVITY = ["SWAPPED_DAY", "FORK", "REWRITTEN", "EPOCH", "CORRUPT", "TRUNCATED", "TORN_TAIL"]
ENTRY = struct.Struct("<IIBBBBHHIIQq32s")
SEGMENT = struct.Struct("<8sIIIIQQ32s32s")
MARK = struct.Struct("<8sIIIIQQ32sQ32s")

TABLE = list(range(256))
for _bit in range(8):
    TABLE = [n >> 1 ^ (0x82F63B78 if n & 1 else 0) for n in TABLE]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def sealed(header):
    """Whether a header ends in the CRC-32C of all before."""
    return crc32c(header[:-4]) == int.from_bytes(header[-4:], "little")


def sha256(data):
    return hashlib.sha256(data).digest()


P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point_add(p, q):
    """On Ed25519's curve (RFC 8032, section 5.1), in extended coordinates."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def point(raw):
    """The curve's point in 32 bytes; None when they are none."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    x = x if (x * x - xx) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    x = x if x & 1 == sign else P - x
    return (x, y, 1, x * y % P) if y < P and 0 <= x < P and (x * x - xx) % P == 0 else None


def ed25519_holds(public, message, signature):
    a, r, s = point(public), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or len(signature) != 64 or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    base, minus_a, total = point(b"\x58" + b"\x66" * 31), (P - a[0], a[1], 1, P - a[3]), (0, 1, 1, 0)
    for bit in range(252, -1, -1):  # s * base - h * A, to be R
        total = point_add(total, total)
        total = point_add(total, base) if s >> bit & 1 else total
        total = point_add(total, minus_a) if h >> bit & 1 else total
    return all((total[i] - r[i] * total[2]) % P == 0 for i in (0, 1))


def root_of(leaves):
    """RFC 6962, section 2.1, over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1" + root_of(leaves[:k]) + root_of(leaves[k:]))


def root_by_path(leaf, index, size, path):
    """Section 2.1.1 undone, the last step first; ValueError when the path does not fit."""
    if size == 1 and not path:
        return leaf
    if not 0 <= index < size or not path:
        raise ValueError("a path of another length")
    k = 1 << ((size - 1).bit_length() - 1)
    if index < k:
        return sha256(b"\1" + root_by_path(leaf, index, k, path[:-1]) + path[-1])
    return sha256(b"\1" + path[-1] + root_by_path(leaf, index - k, size - k, path[:-1]))


def strict_base64(text):
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 spelled otherwise")
    return raw


def read_note(note, key):
    """Origin, size, root and whether the key signed it (None without a key). ValueError for no checkpoint."""
    text, blank, rest = note.decode().rpartition("\n\n")
    lines, good = text.split("\n"), []
    if not blank or not rest.endswith("\n") or len(lines) < 3 or not all(lines) or str(int(lines[1])) != lines[1]:
        raise ValueError("not a checkpoint")
    for line in rest[:-1].split("\n"):
        dash, name, encoded = line.split(" ")
        raw = strict_base64(encoded)
        if dash != "\u2014" or len(raw) < 5:
            raise ValueError("not a signature line")
        if key and (name, raw[:4]) == key[:2]:
            good.append(ed25519_holds(key[2], text.encode() + b"\n", raw[4:]))
    root = strict_base64(lines[2])
    return lines[0], int(lines[1]), root, (bool(good) and all(good) if key else None)


class Day:
    def __init__(self, folder, key, kept):
        self.folder, self.key, self.kept, self.found = Path(folder), key, kept, []
        self.day = int(self.folder.name.replace("-", ""))
        self.log = sha256(key[0].encode()) if key else None
        self.mark, self.leaves, self.prev, self.epoch, self.broken, self.covered = None, [], None, 0, False, 0

    def check(self, fine, fault, what):
        if not fine:
            self.found.append((GRAVITY.index(fault), f"{fault}  {what}"))

    def need(self, fine, fault, what):
        self.check(fine, fault, what)
        if not fine:
            self.broken = True
            raise EOFError  # what comes after has lost its footing and is not judged

    def read_watermark(self):
        path = self.folder / "watermark"
        raw = path.read_bytes() if path.exists() else b""
        self.check(len(raw) == 1024, "TRUNCATED", f"watermark: {len(raw)} bytes of 1024")
        for slot in (raw[:512], raw[512:1024]):
            if not any(slot) or len(slot) < 512:
                continue
            magic, _, day, epoch, _, count, sequence, entry_hash, points, log = MARK.unpack_from(slot)
            if not sealed(slot) or magic != b"TZMARK\r\n":
                self.check(False, "CORRUPT", "watermark: checksum")
            elif self.mark is None or count > self.mark[0]:
                self.mark = (count, sequence, entry_hash, points, epoch)
                ours = day == self.day and log == (self.log or log)
                self.check(ours, "SWAPPED_DAY", f"watermark: of day {day}, or of another journal")
        self.check(self.mark or self.found, "CORRUPT", "watermark: empty")

    def read_segments(self):
        paths = sorted(self.folder.glob("[0-9]*.seg"))
        for number, path in enumerate(paths, 1):
            self.need(path.stem == f"{number:06}", "CORRUPT", f"{path.name}: segment {number} is missing")
            raw, name, count = path.read_bytes(), path.name, len(self.leaves)
            self.need(len(raw) >= 128, "TRUNCATED", f"{name}: {len(raw)} bytes")
            magic, version, day, its_number, epoch, size, first, prev, log = SEGMENT.unpack_from(raw)
            self.need(sealed(raw[:128]) and magic == b"TZJRNL\r\n" and version == 1, "CORRUPT", f"{name}: header")
            ours = day == self.day and log == (self.log or log)
            self.need(ours, "SWAPPED_DAY", f"{name}: of day {day}, or of another journal")
            self.need(its_number == number, "CORRUPT", f"{name}: this is segment {its_number}")
            self.need(size == len(raw), "TRUNCATED", f"{name}: {len(raw)} bytes of {size}")
            follows = first == count + 1 and (not count or prev == self.prev)
            self.need(follows, "CORRUPT", f"{name}: not what follows entry {count}")
            self.need(epoch >= self.epoch, "EPOCH", f"{name}: epoch {epoch} after {self.epoch}")
            self.log, self.epoch, self.prev = log, epoch, prev
            self.read_entries(raw, name, number == len(paths))

    def read_entries(self, raw, name, last):
        at = 128
        while True:
            length, crc = int.from_bytes(raw[at : at + 4], "little"), raw[at + 4 : at + 8]
            body, count = raw[at + 8 : at + length], len(self.leaves)
            where = f"{name} offset {at}, entry {count + 1}"
            if not 72 <= length <= len(raw) - at or crc32c(body) != int.from_bytes(crc, "little"):
                break
            _, _, zero, version, _, zero_b, _, zero_c, day, epoch, sequence, _, prev = ENTRY.unpack_from(raw, at)
            self.need((zero, version, zero_b, zero_c) == (0, 1, 0, 0), "CORRUPT", f"{where}: of another format")
            after = at + (length + 7 & ~7)
            self.need(day == self.day, "SWAPPED_DAY", f"{where}: of day {day}")
            self.need(epoch >= self.epoch, "EPOCH", f"{where}: epoch {epoch} after {self.epoch}, a second writer")
            self.need(sequence == count + 1 and prev == self.prev, "CORRUPT", f"{where}: does not follow")
            self.need(not any(raw[at + length : after]), "CORRUPT", f"{where}: padding")
            self.prev, self.epoch, at = sha256(body), epoch, after
            self.leaves.append(self.prev)
        if any(raw[at:]):
            self.need(last and self.mark and count >= self.mark[1], "CORRUPT", f"{where}: no entry where one was")
            self.check(False, "TORN_TAIL", f"{where}: never acknowledged")

    def judge_checkpoints(self):
        path, acknowledged = self.folder / "checkpoints", self.mark[3] if self.mark else 0
        raw = path.read_bytes() if path.exists() else b""
        self.check(len(raw) >= acknowledged, "TRUNCATED", f"checkpoints: {len(raw)} bytes of {acknowledged}")
        parts = raw.split(b"\n\n")
        notes = [b"\n\n".join(parts[i : i + 2]) + b"\n" for i in range(0, (len(parts) - 1) // 2 * 2, 2)]
        begun = sum(len(note) + 1 for note in notes)
        if begun < len(raw) >= acknowledged:
            self.check(False, "CORRUPT" if begun < acknowledged else "TORN_TAIL", f"checkpoints: offset {begun}")
        roots, count = {}, len(self.leaves)
        named = [(f"checkpoint {place}", note) for place, note in enumerate(notes, 1)]
        for name, note in named + [(kept, Path(kept).read_bytes()) for kept in self.kept]:
            try:
                origin, size, root, signed = read_note(note, self.key)
            except ValueError as bad:
                self.check(False, "CORRUPT", f"{name}: {bad}")
                continue
            whose, _, day = origin.rpartition("/")
            if signed is False:
                self.check(False, "CORRUPT", f"{name}: not signed by the key")
            elif day != self.folder.name or (self.key and whose != self.key[0]):
                self.check(False, "SWAPPED_DAY", f"{name}: of {origin}")
            elif roots.setdefault(size, root) != root:
                self.check(False, "FORK", f"{name}: two roots of {size} entries")
            elif size > count and not self.broken:
                self.check(False, "TRUNCATED", f"after entry {count}: {name} tells of {size}")
            elif size <= count and root_of(self.leaves[:size]) != root:
                self.check(False, "REWRITTEN", f"the first {size} entries are not those of {name}")
            elif size <= count:
                self.covered = max(self.covered, size)

    def verdict(self):
        if not list(self.folder.glob("*")):
            return UNKNOWN, f"NOTHING  no journal in {self.folder}"
        self.read_watermark()
        with contextlib.suppress(EOFError):
            self.read_segments()
        count, (_, sequence, entry_hash, _, epoch) = len(self.leaves), self.mark or (0, 0, b"", 0, self.epoch)
        self.check(
            sequence <= count or self.broken, "TRUNCATED", f"after entry {count}: {sequence} had been on the disk"
        )
        same = not 0 < sequence <= count or self.leaves[sequence - 1] == entry_hash
        self.check(same, "REWRITTEN", f"entry {sequence} is not the one under the watermark")
        self.check(
            epoch >= self.epoch or not sequence == count > 0,
            "EPOCH",
            f"watermark: epoch {epoch}, the log has {self.epoch}",
        )
        self.judge_checkpoints()
        if self.found:
            found = sorted(self.found)
            return TORN if found[0][0] == GRAVITY.index("TORN_TAIL") else WRONG, "\n".join(line for _, line in found)
        root = base64.b64encode(root_of(self.leaves)).decode()
        proven = self.key and self.covered
        word = "OK" if proven else "UNPROVEN  in order, but nothing here is signed by a key that was given:"
        return OK if proven else UNKNOWN, f"{word}  {count} entries, {self.covered} under checkpoints, root {root}"


def proof(told, key):
    """A checkpoint, or, of a proof's JSON, the entry in it."""
    note = told if isinstance(told, bytes) else told["checkpoint"].encode()
    origin, size, root, signed = read_note(note, key)
    if not signed:
        return WRONG, "FORGED  not signed by the key"
    if note is told:
        return OK, f"OK  {origin}, {size} entries"
    leaf, path = strict_base64(told["leaf"]), [strict_base64(node) for node in told["path"]]
    sequence = ENTRY.unpack_from(bytes(9) + leaf)[10]
    if sequence != told["sequence"] or root_by_path(sha256(b"\0" + leaf), sequence - 1, size, path) != root:
        return WRONG, "REFUTED  the proof does not lead to the checkpoint's root"
    return OK, f"OK  entry {sequence} is in {origin}: {leaf[63:]!r}"


def main(verb, target, *rest):
    flags = list(zip(rest[::2], rest[1::2]))  # noqa: B905, "strict" came with Python 3.10
    keys = [Path(k).read_text() if Path(k).exists() else k for flag, k in flags if flag == "--key"]
    key = None
    if keys:
        name, _, encoded = keys[0].strip().split("+", 2)
        raw = strict_base64(encoded)
        key = name, sha256(name.encode() + b"\n" + raw)[:4], raw[1:]
    if verb == "day":
        return Day(target, key, [kept for flag, kept in flags if flag == "--kept"]).verdict()
    if key is None:
        raise ValueError("a checkpoint or a proof says nothing without --key")
    return proof({"checkpoint": bytes, "proof": json.loads}[verb](Path(target).read_bytes()), key)


if __name__ == "__main__":
    try:
        code, text = main(*sys.argv[1:])
    except (TypeError, KeyError, OSError, ValueError) as bad:
        code, text = UNKNOWN, f"UNREADABLE  {bad}\n\n{__doc__}"
    print(text)
    sys.exit(code)
