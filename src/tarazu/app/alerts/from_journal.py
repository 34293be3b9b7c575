"""What the engine calls a person for, out of its journal into the outbox: it works when main can no longer speak.

    alerts/journal.json      {"day": "2026-11-23", "sequence": 51877}: as far as it has been read

A place that could not be written down is read again after a restart; the outbox knows the alerts by their keys.
"""

import logging
from datetime import date

import msgspec

from tarazu.app.alerts.alert import Alert, Severity
from tarazu.app.alerts.post import post
from tarazu.app.home import Home
from tarazu.engine import codec
from tarazu.engine.acts import Alert as Called
from tarazu.journal.entry import Entry
from tarazu.runtime.journal_files import day_folder, days
from tarazu.runtime.journal_reader import BrokenChain, JournalReader

SEVERITIES: dict[str, Severity] = {"SEV1": "SEV1", "SEV2": "SEV2", "WARN": "SEV3", "INFO": "INFO"}
WHO = "main"

_MARK = Called.__name__.encode()
"""As the codec writes the act's name: an entry without these letters calls nobody."""
_LOG = logging.getLogger("tarazu.alerts")


class Place(msgspec.Struct, frozen=True):
    """The last entry that was taken."""

    day: date
    sequence: int


class JournalAlerts:
    """Follows a home's journal from where an earlier process stopped; from the last day's begin where none was."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.broken = ""
        """Why the day's journal cannot be read on; empty while it can. A SEV1 was posted for it."""
        self.lost: list[Alert] = []
        """Of the last pass: what the outbox did not take."""
        self._place = self._kept_place()
        self._reader: JournalReader | None = None

    def work(self, now_ns: int) -> list[Alert]:
        """Post what was called since the last time; it, posted or not: whoever has a courier carries what
        `lost` names. Never raises for a disk or a damaged journal."""
        posted: list[Alert] = []
        self.lost = []
        while self._open():
            before = self._place
            posted += self._read(now_ns)
            if self._place == before or self.broken:
                break
        return posted

    def _open(self) -> bool:
        """A reader of the day; of the next day once this one has nothing more. False where there is no journal."""
        known = days(self.home.journal)
        if self._reader is None:
            if not known:
                return False
            if self._place is None or self._place.day not in known:
                self._place = Place(known[-1], 0)
            self._reader = JournalReader(day_folder(self.home.journal, self._place.day))
        return True

    def _read(self, now_ns: int) -> list[Alert]:
        assert self._reader is not None and self._place is not None
        found: list[Alert] = []
        begun, is_whole = self._place, True
        try:
            for entry in self._reader.ready():
                if entry.sequence > self._place.sequence:
                    found += self._taken(entry)
                    self._place = Place(self._place.day, entry.sequence)
        except (BrokenChain, codec.BadPayload) as broken:
            found += self._break(str(broken))
        except OSError as failed:
            _LOG.error("JOURNAL_UNREADABLE %s", failed)
            is_whole = False  # what has not been read of this day is still to be told
        for alert in found:
            if not post(self.home, alert, now_ns, WHO):
                self.lost.append(alert)
        if is_whole:
            self._next_day()
        if self._place != begun:
            self._keep_place()
        return found

    def _taken(self, entry: Entry) -> list[Alert]:
        if _MARK not in entry.payload:
            return []
        told = codec.decode(entry.kind, entry.payload)
        if isinstance(told, codec.Failure):
            return []
        assert self._place is not None
        calls = (act for act in told.step.acts if isinstance(act, Called))
        return [alert_of(act, self._place.day, entry.sequence) for act in calls]

    def _break(self, why: str) -> list[Alert]:
        if self.broken:
            return []
        assert self._place is not None
        self.broken = why
        day = self._place.day.isoformat()
        text = f"the journal of {day} does not read behind entry {self._place.sequence:,}: {why}"
        hint = f"tarazu audit verify --date {day}"
        return [Alert("AUDIT_CHAIN", "SEV1", text, f"AUDIT_CHAIN:{day}", hint=hint, runbook="sev1-audit-chain")]

    def _next_day(self) -> None:
        assert self._place is not None
        later = [day for day in days(self.home.journal) if day > self._place.day]
        if later:
            self._place, self._reader, self.broken = Place(later[0], 0), None, ""

    # The place.

    def _kept_place(self) -> Place | None:
        try:
            return msgspec.json.decode((self.home.alerts / "journal.json").read_bytes(), type=Place)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as bad:
            _LOG.warning("ALERT_PLACE %s; the day is read from its begin", bad)
            return None

    def _keep_place(self) -> None:
        path = self.home.alerts / "journal.json"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = path.with_suffix(".new")
            beside.write_bytes(msgspec.json.encode(self._place))
            beside.replace(path)
        except OSError as failed:
            _LOG.error("ALERT_PLACE not kept: %s", failed)


def alert_of(act: Called, day: date, sequence: int) -> Alert:
    """What the engine says again while it is so has one key a day; each halt and each word of a person has its own."""
    text = f"{act.of}: {act.text}" if act.of and act.of not in act.text else act.text
    key = f"main:{day.isoformat()}:{act.code}:{act.of}" + (f":{sequence}" if act.code in _EACH_ITS_OWN else "")
    hint = f"tarazu why {act.of}" if act.code in _OF_ORDERS and act.of else "tarazu engine status"
    return Alert(act.code, SEVERITIES.get(act.severity, "SEV2"), text or act.code, key, hint=hint)


_EACH_ITS_OWN = frozenset({"HALT", "HALT_RESET", "STRATEGY_RESET", "APPROVAL", "GUARD_ON"})
_OF_ORDERS = frozenset({"STOP_RESTS", "EXIT_RESTS", "UNPROTECTED"})
"""Codes whose `of` is an order's tag."""
