"""A home that is written by the product's own writers and copied by the real shipper, on a clock of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from harness.journal_days import DAY, FORCE, payload_of, small
from tarazu.adapters.signing import key_of
from tarazu.app import audit
from tarazu.app.audit import journal_name, key_folder
from tarazu.app.home import Home, Profile
from tarazu.app.settings import ShipSettings
from tarazu.app.shipping.health import ShipHealth
from tarazu.app.shipping.shipper import Shipper
from tarazu.journal.findings import Report
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.ports.disk import Disk
from tarazu.runtime.desk_record import DeskKind, append
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.journal_writer import Journal
from tarazu.runtime.keeper import Watermarks
from tarazu.runtime.segment import Kind

NO_FLOOR = Watermarks(low_bytes=0, floor_bytes=0)


class ShippedHome:
    """`home` is shipped to `to`; `copy` is the copy as a home of its own."""

    def __init__(self, root: Path, disk: Disk | None = None) -> None:
        self.home, self.to = Home(Profile.SIM, root / "home" / "sim"), root / "other-disk"
        self.home.make()
        self.to.mkdir()
        self.copy = Home(Profile.SIM, self.to / "sim")
        self.signer = key_of(key_folder(self.home), journal_name(self.home))
        self.mono_ns, self.disk = 1_000 * SECOND_NS, disk
        self.shipper = self._shipper()

    def _shipper(self) -> Shipper:
        return Shipper(self.home, ShipSettings(to=str(self.to)), self.disk, lambda: self.mono_ns)

    # The writers.

    @contextmanager
    def journal(self, day: date = DAY) -> Iterator[Journal]:
        """Open for writing; its segments hold a few entries."""
        name, by = journal_name(self.home), self.signer
        log = Journal.open(self.home.journal, day, name, small(), signer=by, verifiers=(by.verifier(),))
        try:
            yield log
        finally:
            log.close()

    def feed(self, day: date = DAY) -> FeedLog:
        return FeedLog.open(self.home.feed, day, segment_bytes=4096, sync_period_s=3600, watermarks=NO_FLOOR)

    def note(self, text: str, day: date = DAY) -> None:
        """A line of the desk's record."""
        append(self.home.desk, DeskKind.STACK, {"said": text}, who="tester", now_ns=ist.midnight_ns(day))

    # The copy.

    def passes(self, count: int = 3, every_s: float = 0.5) -> ShipHealth:
        """So many passes of the shipping, and what it then says of itself."""
        for _ in range(count):
            self.mono_ns += round(every_s * SECOND_NS)
            while self.shipper.work():
                pass
        return self.shipper.health()

    def another_shipper(self) -> None:
        """This one was killed: nothing is closed properly, another one begins."""
        self.shipper._release()
        self.shipper = self._shipper()

    def judged(self, day: date = DAY) -> Report:
        """The copy's journal, as `tarazu audit verify` judges it by the copy's own verifier key."""
        return audit.judge(self.copy, day, audit.trust(self.copy, None, ()), lambda done, total: None)


def write(log: Journal, first: int, last: int) -> None:
    """Entries of these numbers, acknowledged."""
    for sequence in range(first, last + 1):
        log.append(3, payload_of(sequence), 1_000 + sequence, FORCE)


def frames(log: FeedLog, first: int, last: int, size: int = 300) -> None:
    for number in range(first, last + 1):
        log.append(Kind.BINARY, 1, bytes([1 + number % 255]) * size, 1_000 + number, 2_000)
