"""One IST day of the feed, wired: client, log, clocks, market, freshness, selection. `process` makes one a day."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from tarazu.adapters.kite_feed.client import KiteFeed
from tarazu.adapters.kite_feed.events import LinkEvent, LinkState
from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.app.depth_ws.feed_book import FeedBook
from tarazu.app.depth_ws.health import CentreHealth, SelectionHealth, Stage
from tarazu.app.depth_ws.intake import Intake
from tarazu.app.depth_ws.links import Links
from tarazu.app.depth_ws.pins import held_now
from tarazu.app.depth_ws.prepare import Prepared
from tarazu.app.depth_ws.sentinels import Sentinels
from tarazu.app.depth_ws.watch import Watch
from tarazu.app.feed.market_file import create_market
from tarazu.app.feed.record import CentreMade, FeedRecordEvent, Selected, SelectionFailed
from tarazu.app.home import Home
from tarazu.app.settings import FeedSettings
from tarazu.market.arrivals import Arrivals
from tarazu.market.breaker import BreakerLimits
from tarazu.market.feeds import FeedMember, FreshnessLimits, open_venues
from tarazu.market.selection import feed_members, recentre
from tarazu.market.selection_plan import Centre, Selection, SelectionRefused
from tarazu.model.calendar import TradingSession
from tarazu.model.ids import InstrumentToken
from tarazu.model.units import SECOND_NS
from tarazu.ports.clock import Clock
from tarazu.runtime.feed_log import FeedLog
from tarazu.wire.kite_ticks import Mode

LOOK_S = 0.1
TIDY_S = 1.0
PINS_S = 2.0
# A spot that is older than this does not move the selection.
SPOT_AGE_MAX_NS = 10 * SECOND_NS

MakeFeed = Callable[[Callable[..., None], Callable[[LinkEvent], None]], KiteFeed]
"""(on_frame, on_event) -> a client of the profile's broker, with the present token."""


class FeedDay:
    """Runs until `stop`. Everything is on the event loop's thread but REST and the breaker's file."""

    def __init__(
        self,
        *,
        home: Home,
        settings: FeedSettings,
        clock: Clock,
        feed_log: FeedLog,
        prepared: Prepared,
        session: TradingSession | None,
        rest: KiteMarketRest,
        make_feed: MakeFeed,
        tell: Callable[[FeedRecordEvent], None],
        book: FeedBook,
    ) -> None:
        self._settings, self._clock, self._session, self._tell = settings, clock, session, tell
        self._prepared = prepared
        tokens = [i.instrument_token for i in prepared.instruments]
        self.symbols: dict[int, str] = {i.instrument_token: i.key for i in prepared.instruments}
        self._main_health = home.main_health
        self._tokens = {i.key: i.instrument_token for i in prepared.instruments}
        self._carried = frozenset(c.instrument.key for c in prepared.selection.chosen if c.pinned)
        self._held = self._carried
        """Keys of what stays subscribed wherever the money goes: held at the beginning, or by main."""
        self._slots = {i.key: slot for slot, i in enumerate(prepared.instruments)}
        self.arrivals = Arrivals(tokens)
        self.state = create_market(home.market, tokens)
        self.intake = Intake(feed_log, self.arrivals, self.state)
        self.links = Links(
            lambda on_event: make_feed(self.intake.on_frame, on_event),
            home.feed_breaker,
            clock,
            tell,
            BreakerLimits(),
        )
        self.selection = prepared.selection
        self.sentinels = Sentinels(rest, _sentinel_keys(prepared.selection, settings.sentinels), clock)
        self.watch = Watch(
            arrivals=self.arrivals,
            state=self.state,
            links=self.links,
            sentinels=self.sentinels,
            book=book,
            limits=FreshnessLimits(),
            tell=tell,
        )
        self.recentred = 0
        self.tidied_mono_ns = clock.mono_ns()
        self._refused: SelectionRefused | None = None
        """Why the selection cannot follow the money now."""
        self._made_ns = 0
        self._was_live = False
        self._open = open_venues(session, clock.wall_ns())

    async def run(self) -> None:
        """Until `stop`; what any part raises ends all of them and is raised here."""
        self._follow(self.selection, again=False)
        beats = [
            self._every(LOOK_S, self._look),
            self._every(TIDY_S, self._tidy),
            self._every(PINS_S, self._hold),
            self.sentinels.run(is_open=lambda: bool(self._open)),
        ]
        tasks = [asyncio.create_task(beat) for beat in beats]
        held = asyncio.create_task(self.links.run())
        try:
            await asyncio.wait([held, *tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            if not held.done():
                held.cancel()
            ended = await asyncio.gather(held, *tasks, return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                raise outcome

    def stop(self) -> None:
        self.links.stop()

    @property
    def market_open(self) -> bool:
        """Some watched venue trades continuously."""
        return bool(self._open)

    @property
    def stage(self) -> tuple[Stage, str]:
        """What the links are doing, and why it is not LIVE."""
        if self.links.tripped:
            return Stage.BREAKER_OPEN, self.links.fault or _tripped_text(len(self.links.breaker.reconnects_ns))
        needed = [h for h in self.links.health() if h.tokens]
        if any(h.state is LinkState.AUTH_LOST for h in needed):
            return Stage.NO_TOKEN, "the ticker refuses the access token (403)"
        down = [h for h in needed if h.state is not LinkState.LIVE]
        if needed and not down:
            self._was_live = True
            return Stage.LIVE, ""
        text = ", ".join(f"connection {h.connection} {h.state}" for h in down)
        return (Stage.RECONNECTING if self._was_live else Stage.CONNECTING), text

    def selection_health(self) -> SelectionHealth:
        return SelectionHealth(
            instruments=len(self.selection.chosen),
            left_out=len(self.selection.left_out),
            made_ns=self._made_ns,
            recentred=self.recentred,
            centres=tuple(self._centre_health(c) for c in self.selection.centres),
            refused=self._refused.text if self._refused else "",
            held=sum(c.instrument.key in self._held for c in self.selection.chosen),
            unfollowed=self._unfollowed(),
        )

    def _unfollowed(self) -> tuple[str, ...]:
        unlisted = (f"instrument {token}" for token in self._prepared.selection.missing_pins)
        return (*sorted(self._held - self._tokens.keys()), *unlisted)

    # The beats.

    async def _every(self, seconds: float, beat: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            await beat()
            await asyncio.sleep(seconds)

    async def _look(self) -> None:
        wall_ns = self._clock.wall_ns()
        self._open = open_venues(self._session, wall_ns)
        self.links.set_market_open(bool(self._open))
        self.watch.look(self._clock.mono_ns(), wall_ns, self._open)

    async def _tidy(self) -> None:
        mono_ns = self._clock.mono_ns()
        self.state.close_bars(self._clock.wall_ns())
        self.watch.count(mono_ns)
        await self.links.settle()
        if self._open:
            self.links.cure_mute(mono_ns)
            self._recentre(mono_ns)
        self.tidied_mono_ns = mono_ns

    async def _hold(self) -> None:
        """In a thread: the file may wait for the disk, and frames must not."""
        held = await asyncio.to_thread(held_now, self._main_health)
        if held is not None:
            self._held = self._carried | held

    # The selection.

    def _recentre(self, mono_ns: int) -> None:
        spots = {c.underlying: self._spot(c, mono_ns) for c in self.selection.centres}
        pinned = {self._tokens[key] for key in self._held if key in self._tokens}
        made = recentre(self.selection, self._prepared.instruments, spots, self._prepared.plan, pinned)
        refused = made if isinstance(made, SelectionRefused) else None
        if refused and (refused.reason, refused.key) != _cause(self._refused):
            now_ns = self._clock.wall_ns()
            self._tell(SelectionFailed(ts_ns=now_ns, reason=refused.reason, key=refused.key, text=refused.text))
        self._refused = refused
        if isinstance(made, Selection):
            self.recentred += 1
            self._follow(made, again=True)

    def _follow(self, selection: Selection, again: bool) -> None:
        self.selection, self._made_ns = selection, self._clock.wall_ns()
        self.links.follow({c.instrument.instrument_token: _MODES[c.mode] for c in selection.chosen})
        self.watch.follow(self._members(selection), frozenset(self._settings.optional))
        self._tell(
            Selected(
                ts_ns=self._made_ns,
                tokens=selection.tokens,
                symbols=tuple(c.instrument.key for c in selection.chosen),
                connections=tuple(c.connection for c in selection.chosen),
                centres=tuple(
                    CentreMade(
                        underlying=c.underlying, spot_paise=c.spot_paise, atm_paise=c.atm_paise, expiries=c.expiries
                    )
                    for c in selection.centres
                ),
                left_out=len(selection.left_out),
                again=again,
            )
        )

    def _members(self, selection: Selection) -> tuple[FeedMember, ...]:
        """As freshness watches them, in the market state's slots."""
        return tuple(
            msgspec.structs.replace(m, slot=self.state.slot_of(m.token))
            for m in feed_members(selection, self._prepared.fno_shares)
        )

    def _spot(self, centre: Centre, mono_ns: int) -> int:
        """Paise; 0 when it is not known or too old to count strikes from."""
        slot = self._slots[centre.underlying]
        if mono_ns - int(self.arrivals.data_ns[slot]) > SPOT_AGE_MAX_NS:
            return 0
        return int(self.state.rows["ltp"][slot])

    def _centre_health(self, centre: Centre) -> CentreHealth:
        spot = self._spot(centre, self._clock.mono_ns())
        return CentreHealth(
            underlying=centre.underlying,
            made_at_paise=centre.spot_paise,
            atm_paise=centre.atm_paise,
            spot_paise=spot,
            strikes_away=centre.strikes_away(spot) if spot else 0,
        )


def _cause(refused: SelectionRefused | None) -> tuple[str, str]:
    """What stays the same while one refusal goes on; its text names the moving spot."""
    return (refused.reason, refused.key) if refused else ("", "")


_MODES = {"ltp": Mode.LTP, "quote": Mode.QUOTE, "full": Mode.FULL}


def _tripped_text(reconnects: int) -> str:
    return f"{reconnects} reconnects in a minute: dialling has stopped until a person clears the breaker"


def _sentinel_keys(selection: Selection, count: int) -> dict[InstrumentToken, str]:
    """The instruments whose price REST is asked for: those that no re-centring takes away, by priority."""
    lasting = (c.instrument for c in selection.chosen if not c.instrument.is_option)
    return {i.instrument_token: i.key for i in itertools.islice(lasting, count)}
