"""Today's instrument master against yesterday's: what changed under its name, and what is only apparently the same.

A lot that changed overnight makes an order wrong by a factor; a token that now belongs to another contract feeds one
instrument's prices to the other. Compared by key (`EXCHANGE:TRADINGSYMBOL`), never by place in the file.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import Instrument

# Field -> what people call it. `freeze_qty` is 0 in masters made from the dump alone, which does not carry it.
WATCHED = {
    "lot_size": "lot",
    "tick_size_paise": "tick",
    "instrument_token": "token",
    "expiry": "expiry",
    "strike_paise": "strike",
    "freeze_qty": "freeze",
}

GONE_PCT_MAX = 5.0
"""Losing more instruments than this that have not expired looks like a dump that broke off; our judgement."""


class FieldChange(msgspec.Struct, frozen=True):
    key: str
    token: InstrumentToken
    """Today's."""
    field: str
    """One of `WATCHED`'s values."""
    before: int | date | None
    after: int | date | None


class TokenReuse(msgspec.Struct, frozen=True):
    """Today's token belonged to another contract yesterday: whatever is stored under it is of the other."""

    token: InstrumentToken
    before: str
    after: str


class MasterChanges(msgspec.Struct, frozen=True, kw_only=True):
    """All in the order of today's file; what is gone in the order of yesterday's."""

    changed: tuple[FieldChange, ...]
    reused: tuple[TokenReuse, ...]
    new: tuple[Instrument, ...]
    expired: tuple[Instrument, ...]
    """Gone, and due to go."""
    gone: tuple[Instrument, ...]
    """Gone before their expiry, or without one."""
    twice: tuple[str, ...]
    """Keys and tokens that today's file has more than once: it cannot be used."""
    kept: int
    """In both."""

    def of(self, field: str) -> tuple[FieldChange, ...]:
        """The changes of one field, by its name in `WATCHED`."""
        return tuple(c for c in self.changed if c.field == field)

    @property
    def gone_pct(self) -> float:
        """Share of yesterday's unexpired instruments that today's file lacks."""
        before = self.kept + len(self.gone)
        return 100.0 * len(self.gone) / before if before else 0.0

    @property
    def alarms(self) -> tuple[str, ...]:
        """What a person must see before the day begins, one line each; empty on an ordinary morning."""
        lines = [f"token {r.token} was {r.before}, is now {r.after}" for r in self.reused]
        lines += [f"{c.key}: {c.field} {c.before} -> {c.after}" for c in self.changed if c.field != "freeze"]
        lines += [f"{what} is in the file more than once" for what in self.twice]
        if self.gone_pct > GONE_PCT_MAX:
            lines.append(f"{len(self.gone)} unexpired instruments ({self.gone_pct:.1f} %) are gone: a dump cut short?")
        return tuple(lines)


def diff_masters(yesterday: Sequence[Instrument], today: Sequence[Instrument], day: date) -> MasterChanges:
    """What `today`'s master, of `day`, has that `yesterday`'s had not, and the other way round."""
    before = {i.key: i for i in yesterday}
    owner = {i.instrument_token: i.key for i in yesterday}
    now = {i.key: i for i in today}
    missing = [i for key, i in before.items() if key not in now]
    due = [i for i in missing if i.expiry is not None and i.expiry < day]
    return MasterChanges(
        changed=tuple(c for key, i in now.items() if key in before for c in _changes(before[key], i)),
        reused=tuple(
            TokenReuse(i.instrument_token, owner[i.instrument_token], i.key)
            for i in now.values()
            if owner.get(i.instrument_token, i.key) != i.key
        ),
        new=tuple(i for key, i in now.items() if key not in before),
        expired=tuple(due),
        gone=tuple(i for i in missing if i.expiry is None or i.expiry >= day),
        twice=(*_repeated(i.key for i in today), *_repeated(str(i.instrument_token) for i in today)),
        kept=len(before) - len(missing),
    )


def _changes(before: Instrument, after: Instrument) -> list[FieldChange]:
    if before == after:
        return []
    values = ((name, getattr(before, field), getattr(after, field)) for field, name in WATCHED.items())
    return [FieldChange(after.key, after.instrument_token, name, old, new) for name, old, new in values if old != new]


def _repeated(of: Iterable[str]) -> tuple[str, ...]:
    return tuple(what for what, times in Counter(of).items() if times > 1)
