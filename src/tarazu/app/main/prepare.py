"""Before the journal is opened: today's instruments, and which of them are followed. Blocking; for a thread."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

import msgspec

from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.kite_rest.errors import RestError, TokenRefused
from tarazu.app.depth_ws.pins import held_before
from tarazu.app.depth_ws.watchlist import plan_of, reach
from tarazu.app.main.health import Stage
from tarazu.app.masters.freeze import BadFreezeList
from tarazu.app.masters.listed import listed
from tarazu.app.masters.todays import BadMaster, MasterStore, todays_master
from tarazu.app.settings import FeedSettings
from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import Instrument

log = logging.getLogger("tarazu.main")

WATCH_MAX = 9_000
"""Instruments followed at most: what three connections can carry. The far expiries' options are left out first."""


class NotReady(Exception):
    """There are no instruments to trade by; `stage` says what is waited for, `detail` why, for people."""

    def __init__(self, stage: Stage, detail: str) -> None:
        super().__init__(detail)
        self.stage, self.detail = stage, detail


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    instruments: Mapping[str, Instrument]
    """All of today's master, by key."""
    master_sha256: str
    watched: tuple[Instrument, ...]
    """Whose market is followed, wherever the money goes: the slots of the state, in order."""
    freeze: Mapping[str, int] = {}
    """Freeze quantities in units by the underlying's name (`app.masters.freeze`), as `instruments` have them."""


def prepare(
    rest: KiteMarketRest,
    store: MasterStore,
    settings: FeedSettings,
    day: date,
    now_ns: int,
    freeze_of: Callable[[Sequence[Instrument]], Mapping[str, int]],
) -> Prepared:
    """The master that depth_ws keeps, or fetched by the same rules. `freeze_of` gives its contracts their freeze
    quantities; may raise BadFreezeList. Raises NotReady, OSError."""
    try:
        todays = todays_master(store, rest, day, now_ns)
        freeze = freeze_of(todays.master.instruments)
        held = held_before(rest)
    except TokenRefused as refused:
        raise NotReady(Stage.NO_TOKEN, f"the broker refuses the access token: {refused}") from refused
    except RestError as failed:
        raise NotReady(Stage.NO_BROKER, str(failed)) from failed
    except (BadMaster, BadFreezeList) as bad:
        raise NotReady(Stage.NO_MASTER, str(bad)) from bad
    instruments = todays.master.instruments
    reached = reach(instruments, plan_of(settings), day, held)
    if len(reached) > WATCH_MAX:
        log.warning("%d of %d instruments are followed, no more: [feed] asks for too much", WATCH_MAX, len(reached))
    return Prepared(
        day=day,
        instruments=listed(instruments, day, freeze),
        master_sha256=todays.sha256,
        watched=followed(reached, held),
        freeze=freeze,
    )


def followed(reached: Sequence[Instrument], held: Collection[InstrumentToken]) -> tuple[Instrument, ...]:
    """As many as can be followed, in their order; what is held is among them."""
    if len(reached) <= WATCH_MAX:
        return tuple(reached)
    room = WATCH_MAX - sum(i.instrument_token in held for i in reached)
    others = [i.instrument_token for i in reached if i.instrument_token not in held]
    stay = {*held, *others[:room]}
    return tuple(i for i in reached if i.instrument_token in stay)
