"""Which incident a bundle is about, and from when to when it looks."""

import re
from datetime import date, time

import msgspec

from tarazu.app.home import Home
from tarazu.app.incidents.incident import Incident
from tarazu.model import ist
from tarazu.model.units import DAY_NS, MINUTE_NS

AROUND_NS = 15 * MINUTE_NS
"""Before it was opened, and after it was closed."""
UNKNOWN_NS = 60 * MINUTE_NS
"""An incident that nobody has opened: so much of the time before now."""
LONGEST_NS = DAY_NS
"""One that has stood open for weeks: its first day; the bundle says so (`Scope.left_out`)."""
_OF_DAY = re.compile(r"INC-(\d{4})(\d{2})(\d{2})-\d+")


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Times are UTC ns of the profile's clock; `until_ns` is not in it."""

    home: Home
    id: str
    """As it was asked for, in capitals where it is one of ours."""
    incident: Incident | None
    """None: nobody has opened one of this id. The bundle is made all the same, and says so."""
    since_ns: int
    until_ns: int
    now_ns: int
    offset_ns: int
    """The profile's clock less the machine's, for files that carry the machine's time."""

    @property
    def opened_ns(self) -> int:
        """What is shown as the moment it happened."""
        return self.incident.opened_ns if self.incident else self.until_ns

    @property
    def days(self) -> list[date]:
        """IST days that it touches."""
        first, last = ist.day_of(self.since_ns), ist.day_of(self.until_ns - 1)
        return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]

    @property
    def left_out(self) -> str:
        """What of the incident's time is not in the window; empty: nothing."""
        if self.incident is None or self.until_ns >= (whole_ns := _end(self.incident, self.now_ns)):
            return ""
        last = ist.stamp(self.until_ns)
        return f"of an incident that goes to {ist.stamp(whole_ns)} the first day alone is here, to {last}"

    @property
    def name(self) -> str:
        """The id as the name of a file: an unknown one may be anything."""
        return re.sub(r"[^A-Za-z0-9._-]+", "_", self.id).strip("._")[:64] or "unnamed"

    def has(self, ts_ns: int) -> bool:
        return self.since_ns <= ts_ns < self.until_ns


def scope_of(home: Home, id_: str, incident: Incident | None, now_ns: int, machine_ns: int) -> Scope:
    since_ns, until_ns = _window(id_, incident, now_ns)
    return Scope(
        home=home,
        id=id_,
        incident=incident,
        since_ns=since_ns,
        until_ns=max(until_ns, since_ns + 1),
        now_ns=now_ns,
        offset_ns=now_ns - machine_ns,
    )


def _window(id_: str, incident: Incident | None, now_ns: int) -> tuple[int, int]:
    if incident is not None:
        since_ns = incident.opened_ns - AROUND_NS
        return since_ns, min(_end(incident, now_ns), since_ns + LONGEST_NS)
    day = _day_in(id_)
    if day is not None and day != ist.day_of(now_ns):
        # Nobody knows when: the session's hours of the day that the id names.
        return ist.at_ns(day, time(9, 0)), ist.at_ns(day, time(17, 0))
    return now_ns - UNKNOWN_NS, now_ns


def _end(incident: Incident, now_ns: int) -> int:
    return min(now_ns, (incident.closed_ns or now_ns) + AROUND_NS)


def _day_in(id_: str) -> date | None:
    found = _OF_DAY.fullmatch(id_)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None
