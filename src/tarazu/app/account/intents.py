"""What the engine wrote down before it sent: the intents of its journal on the disk, read beside a running writer.

A broker's row with a tag of ours and no intent here is an order nobody decided. Nothing is written, no lock is taken.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Protocol

from tarazu.engine import codec
from tarazu.engine.acts import BeginExit, EndExit, Intend, SetHalt
from tarazu.engine.halts import Halt, harder
from tarazu.engine.messages import Commanded, Order, Started
from tarazu.journal.entry import Entry
from tarazu.orders.client_order_id import ClientOrderId, read_tag
from tarazu.orders.intent import OrderIntent
from tarazu.runtime.journal_files import day_folder
from tarazu.runtime.journal_reader import BrokenChain, JournalReader

_ACTS = tuple(act.__name__.encode() for act in (Intend, BeginExit, EndExit, SetHalt))
"""As the codec writes their names: an entry without these letters holds none of them."""
_HEARD = (codec.KINDS[Commanded], codec.KINDS[Started])
EVERYTHING = ("", "")


class BrokersRow(Protocol):
    """An order as the broker shows it, in whichever shape."""

    @property
    def order_id(self) -> str: ...
    @property
    def tag(self) -> str | None: ...


class Intents:
    """Of one day, as far as its journal has been followed."""

    def __init__(self, folder: Path) -> None:
        self.by_ref: dict[str, OrderIntent] = {}
        self.leaving: set[tuple[str, str]] = set()
        """Places (key, product) that are being left; EVERYTHING while all is flattened."""
        self.claimed: dict[str, str] = {}
        """Order id to tag, by a person's word."""
        self.disowned: set[str] = set()
        self.halt: Halt | None = None
        """The engine's, as its last word has it."""
        self._reader = JournalReader(folder)

    def follow(self) -> None:
        """Raises BrokenChain, codec.BadPayload, OSError."""
        self._take(self._reader.ready())

    def is_left(self, key: str, product: str) -> bool:
        return EVERYTHING in self.leaving or (key, product) in self.leaving

    def _take(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if entry.kind in _HEARD or any(name in entry.payload for name in _ACTS):
                record = codec.decode(entry.kind, entry.payload)
                if isinstance(record, codec.Record):
                    self._heed(record)

    def _heed(self, record: codec.Record) -> None:
        said = record.stamped.message
        if isinstance(said, Commanded):
            self._told(said)
        elif isinstance(said, Started):
            self.halt = harder(self.halt, said.halt)
        for act in record.step.acts:
            match act:
                case Intend():
                    self.by_ref[act.intent.ref] = act.intent
                case BeginExit():
                    self.leaving.add((act.key, act.product))
                case SetHalt():
                    self.halt = act.halt
                case EndExit():
                    self.leaving.discard((act.key, act.product) if act.key else EVERYTHING)

    def _told(self, said: Commanded) -> None:
        match said.order:
            case Order.FLATTEN:
                self.leaving.add(EVERYTHING)
            case Order.STOP_FLATTEN:
                self.leaving.discard(EVERYTHING)
            case Order.CLAIM:
                self.claimed[said.order_id] = said.ref
            case Order.DISOWN:
                self.disowned.add(said.order_id)


class IntentBook:
    """Of all days whose tags turn up: an order placed the evening before carries that day's tag."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._days: dict[date, Intents] = {}
        self.faults: dict[date, Exception] = {}
        """Why the journal of an earlier day cannot be read on; what was read of it while it held is still true."""

    def follow(self, today: date) -> None:
        """Take what the journals have by now. A chain that does not hold is looked at once more from its beginning: a
        start erases what a crash left torn. Raises BrokenChain, codec.BadPayload, OSError for today's; damage of an
        earlier day keeps nothing of today's from being read, and is in `faults`."""
        for day in (today, *sorted(self._days.keys() - {today})):
            try:
                self._follow(day)
            except (BrokenChain, codec.BadPayload, OSError) as fault:
                if day == today:
                    raise
                self.faults[day] = fault
            else:
                self.faults.pop(day, None)

    def _follow(self, day: date) -> None:
        intents = self._of(day)
        try:
            intents.follow()
        except (BrokenChain, codec.BadPayload):
            self._days[day] = anew = Intents(day_folder(self._root, day))
            try:
                anew.follow()
            except BaseException:
                self._days[day] = intents  # what was read while it held is still true
                raise

    def on(self, day: date, today: date) -> Intents:
        """Of that day, followed when it is asked for the first time. Raises as `follow`."""
        known = day in self._days
        intents = self._of(day)
        if not known:
            try:
                intents.follow()
            except (BrokenChain, codec.BadPayload, OSError) as fault:
                if day == today:
                    raise
                self.faults[day] = fault
        return intents

    def intent_of(self, row: BrokersRow, today: date) -> OrderIntent | None:
        """What a row was decided by: by its tag, or by a person's claim. Raises as `follow`."""
        cid = self._decided_as(row, today)
        return None if cid is None else self.on(cid.day, today).by_ref.get(cid.tag)

    def is_unknown(self, row: BrokersRow, today: date) -> bool:
        """Whether it may have been decided on a day whose journal does not read."""
        cid = self._decided_as(row, today)
        return cid is not None and cid.day in self.faults

    def _decided_as(self, row: BrokersRow, today: date) -> ClientOrderId | None:
        cid = read_tag(self.on(today, today).claimed.get(row.order_id) or row.tag or "")
        return cid if isinstance(cid, ClientOrderId) else None

    def _of(self, day: date) -> Intents:
        if day not in self._days:
            self._days[day] = Intents(day_folder(self._root, day))
        return self._days[day]
