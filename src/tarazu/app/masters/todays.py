"""Today's instrument master: the one kept, or Kite's; compared with the day before, or refused.

A token, a lot or an expiry that is wrong here is wrong in every order. So what does not read to its last line is not
used at all, and what cannot be known to be today's is used with an alarm.
"""

from collections.abc import Sequence
from datetime import date, time

import msgspec

from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.kite_rest.errors import RestError
from tarazu.app.masters.alarms import alarms_of
from tarazu.app.masters.store import DamagedMaster, KeptMaster, MasterMeta, MasterStore
from tarazu.market.master import MasterChanges, diff_masters
from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.units import MINUTE_NS
from tarazu.wire.kite_instruments import BadCsv, InstrumentMaster, decode_csv

__all__ = ["GENERATED_AT", "BadMaster", "DamagedMaster", "MasterStore", "TodaysMaster", "todays_master"]

GENERATED_AT = time(8, 30)
"""IST. Kite writes the day's file at about this time (KITE facts 1.8); fetched earlier, it may be the last day's."""


AGAIN_NS = 5 * MINUTE_NS
"""Ours: a provisional file is not asked for again sooner, whoever starts again meanwhile."""


class BadMaster(Exception):
    """The broker's file does not read, or has an instrument twice. The message is for people and says what to do."""


class TodaysMaster(msgspec.Struct, frozen=True, kw_only=True):
    master: InstrumentMaster
    day: date
    sha256: str
    rows: int
    fetched_ns: int
    before: date | None
    """Whose master it was compared with."""
    changes: MasterChanges | None
    """None where there was none to compare with."""
    alarms: tuple[str, ...]
    """For people: a bounded number of lines, most mornings none."""
    provisional: bool
    """May not be today's yet: worth another call once `GENERATED_AT` is past."""


class _Judged(msgspec.Struct, frozen=True):
    meta: MasterMeta
    master: InstrumentMaster
    changes: MasterChanges


def todays_master(store: MasterStore, rest: KiteMarketRest, day: date, now_ns: int) -> TodaysMaster:
    """Blocking, and a second or two of work for 120,000 rows. `now_ns` is wall time.

    The kept file is used when it came from the same broker after `GENERATED_AT`; a provisional one is fetched anew when
    it is older than `AGAIN_NS`, and used, with an alarm, if that fails. Without either it raises what the fetch raised
    (RestError), BadMaster, or OSError of the disk: there is nothing to trade on. Of several processes one asks at a
    time.
    """
    with store.alone():
        return _todays_master(store, rest, day, now_ns)


def _todays_master(store: MasterStore, rest: KiteMarketRest, day: date, now_ns: int) -> TodaysMaster:
    alarms: list[str] = []
    older = _older(store, day, alarms)
    older_meta = older.meta if older else None
    kept = _kept(store, rest.root, day, older, alarms)
    if kept is None or (doubt_of(kept.meta, older_meta, now_ns) and not 0 <= now_ns - kept.meta.fetched_ns < AGAIN_NS):
        try:
            kept = _fetched(store, rest, day, older, now_ns)
        except (RestError, BadMaster) as failed:
            if kept is None:
                raise
            alarms.append(f"today's master could not be fetched anew, the one kept is used: {failed}")
    doubt = doubt_of(kept.meta, older_meta, now_ns)
    return TodaysMaster(
        master=kept.master,
        day=day,
        sha256=kept.meta.sha256,
        rows=kept.meta.rows,
        fetched_ns=kept.meta.fetched_ns,
        before=older.meta.day if older else None,
        changes=kept.changes if older else None,
        alarms=(
            *([doubt] if doubt else []),
            *alarms,
            *(alarms_of(kept.changes, kept.master.instruments) if older else ()),
        ),
        provisional=bool(doubt),
    )


def doubt_of(meta: MasterMeta, older: MasterMeta | None, now_ns: int) -> str:
    """Why this may not be the day's own file; empty when it is."""
    fetched = ist.stamp(meta.fetched_ns)
    if meta.fetched_ns < ist.at_ns(meta.day, GENERATED_AT):
        return (
            f"master of {meta.day} fetched at {fetched} IST, before Kite writes it ({GENERATED_AT:%H:%M}): provisional"
        )
    if meta.fetched_ns > now_ns:
        return f"master of {meta.day} was fetched at {fetched} IST, which is yet to come: look at the clock"
    if older is not None and older.sha256 == meta.sha256:
        return f"master of {meta.day} is byte for byte that of {older.day}: today's may not be written yet"
    return ""


class _Older(msgspec.Struct, frozen=True):
    meta: MasterMeta
    instruments: Sequence[Instrument]


def _older(store: MasterStore, day: date, alarms: list[str]) -> _Older | None:
    try:
        kept = store.before(day)
    except DamagedMaster as damaged:
        alarms.append(f"not compared with the day before: {damaged}")
        return None
    if kept is None:
        return None
    master = decode_csv(kept.csv)
    if isinstance(master, BadCsv):
        alarms.append(f"not compared with the master of {kept.meta.day}: {master}")
        return None
    return _Older(kept.meta, master.instruments)


def _kept(store: MasterStore, source: str, day: date, older: _Older | None, alarms: list[str]) -> _Judged | None:
    """Today's, kept by an earlier start: None when it is not there, another broker's, or not to be used."""
    try:
        kept = store.load(day)
        return None if kept is None or kept.meta.source != source else _judged(kept, older)
    except (DamagedMaster, BadMaster) as bad:
        alarms.append(f"the kept master of {day} was not used, and fetched anew: {bad}")
        return None


def _fetched(store: MasterStore, rest: KiteMarketRest, day: date, older: _Older | None, now_ns: int) -> _Judged:
    csv = rest.instruments()
    meta = MasterMeta(day=day, sha256="", rows=0, fetched_ns=now_ns, source=rest.root)
    judged = _judged(KeptMaster(meta, csv), older)
    rows = len(judged.master.instruments) + judged.master.foreign_rows
    return msgspec.structs.replace(judged, meta=store.keep(day, csv, now_ns, rows=rows, source=rest.root))


def _judged(kept: KeptMaster, older: _Older | None) -> _Judged:
    """Raises BadMaster."""
    master = decode_csv(kept.csv)
    if isinstance(master, BadCsv):
        raise BadMaster(f"{master}; nothing of it is used. Fetch again in a minute, and tell Kite if it stays so")
    changes = diff_masters(older.instruments if older else (), master.instruments, kept.meta.day)
    if changes.twice or not master.instruments:
        few = ", ".join(changes.twice[:5]) + (", …" if len(changes.twice) > 5 else "")
        what = f"has {few} more than once" if few else "has no instrument"
        raise BadMaster(f"the instruments file {what}; nothing of it is used. Fetch again, and tell Kite")
    return _Judged(kept.meta, master, changes)
