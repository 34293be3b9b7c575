"""Before the first subscription: today's master, the spots, and the selection around them. Blocking; for a thread."""

from datetime import date, time

import msgspec

from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.kite_rest.errors import RestError, TokenRefused
from tarazu.app.depth_ws.health import MasterHealth, Stage
from tarazu.app.depth_ws.pins import held_before
from tarazu.app.depth_ws.watchlist import plan_of
from tarazu.app.masters.todays import AGAIN_NS, GENERATED_AT, BadMaster, MasterStore, TodaysMaster, todays_master
from tarazu.app.settings import FeedSettings
from tarazu.market.listing import Listing
from tarazu.market.reach import reach
from tarazu.market.selection import select
from tarazu.market.selection_plan import Selection, SelectionPlan, SelectionRefused
from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.units import MINUTE_NS

# Nobody's instruments change under a feed that is about to be traded on: after this the provisional one stays.
BEGIN_WITH_IT_AT = time(9, 10)


class NotReady(Exception):
    """The feed cannot begin now; `stage` says what is waited for, `detail` why, for people."""

    def __init__(self, stage: Stage, detail: str, refused: SelectionRefused | None = None) -> None:
        super().__init__(detail)
        self.stage, self.detail, self.refused = stage, detail, refused


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """All that a day's feed is made of."""

    master: MasterHealth
    instruments: tuple[Instrument, ...]
    """Everything the day's selection could ever choose: the market state's slots, in order."""
    plan: SelectionPlan
    selection: Selection
    """With what was held before it was made."""
    fno_shares: frozenset[str]
    """Keys of watched shares that close by auction."""


def prepare(rest: KiteMarketRest, store: MasterStore, settings: FeedSettings, day: date, now_ns: int) -> Prepared:
    """Raises NotReady, OSError."""
    try:
        master = todays_master(store, rest, day, now_ns)
        spots = rest.last_prices([u.key for u in settings.underlyings])
        held = held_before(rest)
    except TokenRefused as refused:
        raise NotReady(Stage.NO_TOKEN, f"the broker refuses the access token: {refused}") from refused
    except RestError as failed:
        raise NotReady(Stage.NO_BROKER, str(failed)) from failed
    except BadMaster as bad:
        raise NotReady(Stage.NO_SELECTION, str(bad)) from bad
    plan = plan_of(settings)
    listed = master.master.instruments
    selection = select(listed, {key: p.price for key, p in spots.items()}, plan, day, held)
    if isinstance(selection, SelectionRefused):
        raise NotReady(Stage.NO_SELECTION, f"{selection.reason}: {selection.text}", selection)
    shares = Listing(listed, day).fno_shares() if settings.stocks else frozenset()
    return Prepared(
        master=master_health(master, now_ns),
        instruments=reach(listed, plan, day, held),
        plan=plan,
        selection=selection,
        fno_shares=shares,
    )


def master_health(master: TodaysMaster, now_ns: int) -> MasterHealth:
    """What is said of it; the 120,000 instruments themselves are let go."""
    return MasterHealth(
        day=master.day,
        instruments=master.rows,
        sha256=master.sha256,
        loaded_ns=master.fetched_ns,
        compared_with=master.before,
        alarms=master.alarms,
        due_ns=next_due_ns(master.day, now_ns) if master.provisional else None,
    )


def next_due_ns(day: date, now_ns: int) -> int | None:
    """When to ask again for the day's own master; None once the day must begin with the one there is."""
    due_ns = max(ist.at_ns(day, GENERATED_AT) + MINUTE_NS, now_ns + AGAIN_NS)
    return due_ns if due_ns < ist.at_ns(day, BEGIN_WITH_IT_AT) else None
