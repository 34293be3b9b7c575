"""Days of journal for tests: made by the real writer, read back as bytes, changed, judged."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec

from tarazu.adapters.signing import Ed25519Signer, Ed25519Verifier, key_of
from tarazu.journal.entry import Durability
from tarazu.journal.evidence import DayFiles, Trust
from tarazu.journal.findings import Report
from tarazu.journal.verify import verify_day
from tarazu.runtime.journal_files import day_folder, read_day
from tarazu.runtime.journal_state import JournalSettings, Mode, Room
from tarazu.runtime.journal_writer import Journal

DAY, DAY_BEFORE = date(2026, 11, 23), date(2026, 11, 20)
NAME = "tarazu.local/test"
NO_ROOM_NEEDED = Room(low_bytes=0, reserve_bytes=0)
FORCE, GROUP = Durability.FORCE, Durability.GROUP


def small(segment_bytes: int = 1024, **changes: object) -> JournalSettings:
    """Settings of a journal whose segments hold a few entries, and that checkpoints only when told."""
    settings = JournalSettings(
        segment_bytes=segment_bytes, room=NO_ROOM_NEEDED, group_s=0.0, checkpoint_entries=1 << 40, checkpoint_s=1e9
    )
    return msgspec.structs.replace(settings, **changes)  # type: ignore[arg-type]


def payload_of(sequence: int, most: int = 60) -> bytes:
    """An entry's bytes by its number: of every length, none of them zero."""
    return bytes([1 + sequence % 255]) * (sequence * 2_654_435_761 % (most + 1))


def key(folder: Path, name: str = NAME) -> Ed25519Signer:
    return key_of(folder / "keys", name)


def write_day(
    root: Path,
    signer: Ed25519Signer,
    *,
    day: date = DAY,
    entries: int = 20,
    checkpoints: tuple[int, ...] = (7, 20),
    payload: Callable[[int], bytes] = payload_of,
    name: str = NAME,
    segment_bytes: int = 1024,
) -> list[bytes]:
    """A day of so many entries, closed cleanly; returns the checkpoints taken after the entries named."""
    log = Journal.open(root, day, name, small(segment_bytes), signer=signer, verifiers=(signer.verifier(),))
    notes = []
    for sequence in range(1, entries + 1):
        log.append(3, payload(sequence), 1_000 + sequence, FORCE if sequence % 2 else GROUP)
        if sequence in checkpoints:
            notes.append(log.checkpoint())
    log.close()
    return notes


def in_memory(files: DayFiles) -> DayFiles:
    """The same, in memory of our own."""
    segments = [(number, memoryview(bytes(view))) for number, view in files.segments]
    return msgspec.structs.replace(files, segments=segments)


def day_files(root: Path, day: date = DAY) -> DayFiles:
    return in_memory(read_day(day_folder(root, day)))


class Remembering:
    """A verifier that is asked the same thing very often."""

    def __init__(self, verifier: Ed25519Verifier) -> None:
        self.name, self.key_id, self._verifier = verifier.name, verifier.key_id, verifier
        self._answers: dict[tuple[bytes, bytes], bool] = {}

    def verify(self, message: bytes, signature: bytes) -> bool:
        asked = (message, signature)
        if asked not in self._answers:
            self._answers[asked] = self._verifier.verify(message, signature)
        return self._answers[asked]


def trust(signer: Ed25519Signer, kept: tuple[bytes, ...] = (), name: str = NAME) -> Trust:
    return Trust(name=name, verifiers=(Remembering(signer.verifier()),), kept=kept)


def judged(root: Path, by: Trust, day: date = DAY) -> Report:
    return verify_day(day_files(root, day), by)


__all__ = ["DAY", "DAY_BEFORE", "FORCE", "GROUP", "NAME", "Mode", "day_files", "judged", "key", "small", "write_day"]
