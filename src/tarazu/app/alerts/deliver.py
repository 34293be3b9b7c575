"""The courier: carries alerts from the outbox to the addresses, again and again until a person has them.

Each address has its own flight, so that one that hangs holds up no other. What came of a flight is on the disk before
the next; where the disk takes nothing it is remembered, and a full disk makes no storm of messages.
"""

import functools
import logging
import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from tarazu.app.alerts.alert import Alert, Kept, Sending
from tarazu.app.alerts.box import Box
from tarazu.app.alerts.due import is_due, must_escalate
from tarazu.app.alerts.post import note
from tarazu.app.alerts.urls import Address, AlertUrls
from tarazu.app.alerts.words import message, title, worst_first
from tarazu.app.home import Home
from tarazu.app.settings import AlertSettings
from tarazu.model.units import HOUR_NS

WORK_S = 2.0
"""A pass waits for its flights no longer; those that are still away are taken in by a later one."""
DIGEST_FROM = 4
"""So many alerts at once on one address go as one message."""
WHO = "courier"

_LOG = logging.getLogger("tarazu.alerts")


class _Flight(threading.Thread):
    """One message on its way to one address."""

    def __init__(self, home: Home, address: Address, kept: Sequence[Kept], now_ns: int) -> None:
        super().__init__(name=f"alert-{address.channel}", daemon=True)
        self.channel, self.kept = address.channel, tuple(kept)
        self.failing: str | None = None
        """None while it is away."""
        self._address, self._title = address, title(kept, home.profile)
        self._message = message(kept, now_ns, address.channel)

    def run(self) -> None:
        from tarazu.app.alerts.channel import send

        failing = "not sent: the thread ended"
        try:
            failing = send(self._address, self._title, self._message, self.kept[0].alert.severity)
        finally:
            self.failing = failing


class Courier:
    """Of one home; one process has one (the watchdog). `urls` may be set anew at any time between two passes."""

    def __init__(self, home: Home, settings: AlertSettings, urls: AlertUrls) -> None:
        self.home, self.settings, self.urls = home, settings, urls
        self.failing: dict[str, str] = {}
        """Addresses whose last message did not arrive, by channel, and why."""
        self.waiting = 0
        """Alerts that somebody should take, as of the last pass."""
        self._box = Box(home.alerts)
        self._away: dict[str, _Flight] = {}
        self._carried: dict[str, Kept] = {}
        self._carried_ever = 0
        self._unsaved: dict[str, Kept] = {}
        self._pruned_ns = 0

    def carry(self, alert: Alert, now_ns: int) -> None:
        """An alert that the outbox did not take (`post` gave ""): kept in memory, sent like the others, and put into
        the outbox as soon as that takes it."""
        known = next((one for one in self._carried.values() if one.alert.key == alert.key), None)
        if known is None:
            self._carried_ever += 1
            id_ = f"AL-unkept-{self._carried_ever:03}"
            self._carried[id_] = Kept(id=id_, alert=alert, who=WHO, first_ns=now_ns, last_ns=now_ns)
        else:
            self._carried[known.id] = msgspec.structs.replace(known, times=known.times + 1, last_ns=now_ns)

    def work(self, now_ns: int) -> None:
        """One pass: take in what came of the last flights, escalate, send what is due. Takes WORK_S at most and raises
        nothing for a disk or an address. `now_ns` is the profile's clock, by which everything is due."""
        self._land(now_ns)
        self._settle(now_ns)
        kept = self._all()
        self.waiting = sum(one.is_open for one in kept)
        kept = [self._escalated(one, now_ns) for one in kept]
        for address in self.urls.addresses:
            self._send(address, kept, now_ns)
        self._wait()
        self._land(now_ns)
        self._prune(now_ns)

    def sent_at_once(self, id_: str, now_ns: int, patience_s: float) -> Kept | None:
        """One alert to every address of both lists, whatever is due; it as it is then. For `tarazu alerts test`.
        Addresses that do not answer in time are not in its sendings."""
        kept = self._box.find(id_)
        if kept is None:
            return None
        for address in self.urls.addresses:
            self._begin(address, [kept], now_ns)
        self._wait(patience_s)
        self._land(now_ns)
        return self._box.find(id_)

    # A pass.

    def _all(self) -> list[Kept]:
        """As the disk has them, with what it did not take."""
        try:
            found = self._box.alerts()
        except OSError as failed:
            _LOG.error("ALERT_BOX_UNREADABLE %s", failed)
            found = []
        return [*(self._overlaid(one) for one in found), *self._carried.values()]

    def _overlaid(self, kept: Kept) -> Kept:
        mine = self._unsaved.get(kept.id)
        if mine is None:
            return kept
        return msgspec.structs.replace(kept, sendings=mine.sendings, escalated_ns=mine.escalated_ns)

    def _escalated(self, kept: Kept, now_ns: int) -> Kept:
        first = [address.channel for address in self.urls.first]
        if not self.urls.second or not must_escalate(kept, first, self.settings, now_ns):
            return kept
        note(self.home, {"act": "escalated", "id": kept.id}, WHO, now_ns)
        return self._change(kept, lambda one: msgspec.structs.replace(one, escalated_ns=now_ns))

    def _send(self, address: Address, kept: Sequence[Kept], now_ns: int) -> None:
        if address.channel in self._away:
            return
        second = address in self.urls.second
        due = [
            one
            for one in kept
            if (one.escalated_ns or not second) and is_due(one, address.channel, self.settings, now_ns)
        ]
        due = worst_first(due)
        if len(due) >= DIGEST_FROM:
            self._begin(address, due, now_ns)
        elif due:
            self._begin(address, due[:1], now_ns)

    def _begin(self, address: Address, kept: Sequence[Kept], now_ns: int) -> None:
        flight = self._away[address.channel] = _Flight(self.home, address, kept, now_ns)
        flight.start()

    def _wait(self, patience_s: float = WORK_S) -> None:
        end = time.monotonic() + patience_s
        for flight in self._away.values():
            flight.join(max(0.0, end - time.monotonic()))

    def _land(self, now_ns: int) -> None:
        for channel, flight in list(self._away.items()):
            failing = flight.failing
            if failing is None:
                continue
            del self._away[channel]
            self.failing.pop(channel, None)
            if failing:
                self.failing[channel] = failing
            for kept in flight.kept:
                self._landed(kept, channel, failing, now_ns)

    def _landed(self, kept: Kept, channel: str, failing: str, now_ns: int) -> None:
        before = self._overlaid(kept).sendings.get(channel, Sending())
        changed = self._change(kept, lambda one: _after(one, channel, failing, now_ns))
        after = changed.sendings[channel]
        if after.arrived == 1 and not failing:
            note(self.home, {"act": "arrived", "id": kept.id, "channel": channel}, WHO, now_ns)
        elif failing and not before.tries:
            _LOG.warning("ALERT_FAILING %s on %s: %s", kept.id, channel, failing)
            note(self.home, {"act": "failing", "id": kept.id, "channel": channel, "why": failing}, WHO, now_ns)

    # Writing down.

    def _settle(self, now_ns: int) -> None:
        """What was carried in memory goes into the outbox once that takes it, where people can acknowledge it."""
        if self._away:
            return
        for id_, one in list(self._carried.items()):
            try:
                kept, _ = self._box.post(one.alert, one.who, now_ns)
            except OSError:
                return  # said when it was posted; tried again with the next pass
            del self._carried[id_]
            self._change(kept, functools.partial(_carried_over, carried=one))

    def _change(self, kept: Kept, change: Callable[[Kept], Kept]) -> Kept:
        """It, changed: on the disk, or in memory while the disk takes nothing."""
        if kept.id in self._carried:
            self._carried[kept.id] = change(self._carried[kept.id])
            return self._carried[kept.id]
        try:
            saved = self._box.change(kept.id, lambda one: change(self._overlaid(one)))
        except OSError as failed:
            _LOG.error("ALERT_NOT_KEPT what became of %s: %s", kept.id, failed)
            self._unsaved[kept.id] = changed = change(self._overlaid(kept))
            return changed
        self._unsaved.pop(kept.id, None)
        return saved or change(kept)

    def _prune(self, now_ns: int) -> None:
        if now_ns - self._pruned_ns < HOUR_NS:
            return
        self._pruned_ns = now_ns
        try:
            self._box.prune(now_ns)
        except OSError as failed:
            _LOG.error("ALERT_BOX_NOT_PRUNED %s", failed)


def _carried_over(kept: Kept, carried: Kept) -> Kept:
    """With what became of it in memory."""
    first_ns, escalated_ns = min(kept.first_ns, carried.first_ns), kept.escalated_ns or carried.escalated_ns
    sendings = {**kept.sendings, **carried.sendings}
    return msgspec.structs.replace(kept, first_ns=first_ns, escalated_ns=escalated_ns, sendings=sendings)


def _after(kept: Kept, channel: str, failing: str, now_ns: int) -> Kept:
    """After one more try on the channel."""
    one = kept.sendings.get(channel, Sending())
    if failing:
        one = msgspec.structs.replace(one, tries=one.tries + 1, tried_ns=now_ns, failing=failing)
    else:
        arrived = one.arrived + 1
        one = Sending(tries=0, arrived=arrived, tried_ns=now_ns, arrived_ns=now_ns, failing="")
    return msgspec.structs.replace(kept, sendings={**kept.sendings, channel: one})
