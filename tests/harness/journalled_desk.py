"""An engine at a desk of paper whose steps are in a real journal: shell, writer and disk are the product's own.

    with JournalledDesk(home) as desk:
        desk.ready()
        desk.want(BUY)
        desk.placed("17")
        desk.filled("17")
        desk.restarted()                # another process on the same journal; not ready yet

What `EngineDesk` can do this can, message for message. The journal is at `home.root/journal`, signed by the profile's
key, so that every command that reads a journal reads this one.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from harness.engine_desk import CONFIG, NIFTY_CALL, EngineDesk
from harness.journal_days import NO_ROOM_NEEDED
from harness.order_story import DAY
from tarazu.adapters.signing import key_of, verifiers_of
from tarazu.app.audit import journal_name, key_folder
from tarazu.app.home import Home
from tarazu.engine import messages as m
from tarazu.engine.acts import AskRead, Step
from tarazu.engine.config import EngineConfig
from tarazu.engine.messages import Stamped
from tarazu.engine.strategies import MakeStrategies
from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.units import HOUR_NS, MINUTE_NS, SECOND_NS
from tarazu.ports.desk import Request
from tarazu.runtime.journal_files import MIB, day_folder
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.journal_state import JournalSettings
from tarazu.runtime.journal_writer import Journal
from tarazu.runtime.shell import Shell, recover

SETTINGS = JournalSettings(segment_bytes=MIB, room=NO_ROOM_NEEDED, group_s=0.0)


class JournalledDesk(EngineDesk):
    """`settings` are the journal's: by default it checkpoints as in production, in segments of 1 MiB."""

    def __init__(
        self,
        home: Home,
        config: EngineConfig = CONFIG,
        instruments: Sequence[Instrument] = (NIFTY_CALL,),
        make_strategies: MakeStrategies = lambda config: (),
        *,
        day: date = DAY,
        settings: JournalSettings = SETTINGS,
    ) -> None:
        super().__init__(config, instruments, make_strategies)
        self.home, self.settings = home, settings
        self.requests: list[Request] = []
        """What was given to the broker, in order."""
        self._open(day)

    def _open(self, day: date) -> None:
        self.home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.day, name = day, journal_name(self.home)
        if ist.day_of(self.now_ns) != day:
            self.now_ns = self.wall_ns = ist.midnight_ns(day) + 9 * HOUR_NS + 15 * MINUTE_NS
        signer = key_of(key_folder(self.home), name)
        self.verifier = signer.verifier()
        """Of today's key."""
        known = verifiers_of(key_folder(self.home))
        self.journal = Journal.open(self.home.journal, day, name, self.settings, signer=signer, verifiers=known)
        around = _Around(self)
        self.shell = Shell(self.engine, self.journal, around, around)

    def __enter__(self) -> "JournalledDesk":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """All of it is on the disk then."""
        self.journal.close()

    @property
    def folder(self) -> Path:
        """Of the day's journal."""
        return day_folder(self.home.journal, self.day)

    def tell(self, message: m.Message, after_s: float = 0.0) -> Step:
        self.now_ns += round(after_s * SECOND_NS)
        self.wall_ns += round(after_s * SECOND_NS)
        return self.shell.take(message)

    def start(self, **told: Any) -> Step:
        """The epoch is the journal's."""
        self.epoch = self.journal.epoch - 1
        return super().start(**{"day": self.day.isoformat(), **told})

    # Other processes, other days.

    def restarted(self, after_s: float = 1.0, **told: Any) -> "JournalledDesk":
        """This process is gone, another one has recovered from the journal and has started. It is not `ready`."""
        self.close()
        self.now_ns += round(after_s * SECOND_NS)
        self.wall_ns += round(after_s * SECOND_NS)
        self.engine = self._new()
        recover(self.engine, JournalReader(self.folder).ready())
        self._open(self.day)
        self.start(**told)
        return self

    def on_day(self, day: date) -> "JournalledDesk":
        """A new process on a later day, whose books at the broker are empty but for what is held. Not `ready`."""
        assert day > self.day
        self.close()
        carried = [msgspec.structs.replace(row, overnight_qty=row.qty) for row in self.positions if row.qty]
        self.book, self.trades, self.positions = {}, [], carried
        self.engine = self._new()
        self._open(day)
        self.start()
        return self


class _Around:
    """What the shell asks of a desk, and of its clocks."""

    def __init__(self, desk: JournalledDesk) -> None:
        self._desk = desk

    def request(self, request: Request) -> None:
        self._desk.requests.append(request)

    def read(self, what: m.What) -> None:
        """Put in line for `reads`, by `told`."""

    def told(self, sequence: int, stamped: Stamped, step: Step) -> None:
        self._desk.steps.append(step)
        self._desk.asked += [act.what for act in step.acts if isinstance(act, AskRead)]

    def steady_ns(self) -> int:
        return self._desk.now_ns

    def wall_ns(self) -> int:
        return self._desk.wall_ns
