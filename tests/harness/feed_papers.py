"""Health documents of a depth_ws as it might write them: a good one, and each part of it to be made worse."""

from datetime import date
from typing import Any

import msgspec

from tarazu.adapters.kite_feed.events import ConnectionHealth, LinkState
from tarazu.app.depth_ws.health import (
    CentreHealth,
    DepthWsHealth,
    FeedRow,
    LogHealth,
    MasterHealth,
    SelectionHealth,
    SentinelHealth,
    Stage,
    Throughput,
)
from tarazu.app.health import boot, write_health
from tarazu.app.home import Home
from tarazu.market.breaker import Breaker
from tarazu.market.feed_events import FeedHealth, FeedState
from tarazu.model.ids import InstrumentToken
from tarazu.model.units import MILLISECOND_NS, MINUTE_NS, SECOND_NS

WALL = 1_795_411_051 * SECOND_NS  # Mon 2026-11-23 10:47:31 IST
MONO = 5_000 * SECOND_NS
DAY = date(2026, 11, 23)
GIB = 1 << 30


def feed(name: str, *, silent: int = 0, members: int = 60, state: FeedState = FeedState.FRESH, **more: Any) -> FeedRow:
    """A feed; members of FeedHealth and of FeedRow by name."""
    inner = {f for f in FeedHealth.__struct_fields__ if f in more}
    health = FeedHealth(
        **{
            "feed": name,
            "required": True,
            "state": state,
            "enforced": True,
            "reason": None,
            "members": members,
            "seen": members,
            "silent": tuple(InstrumentToken(256 * n) for n in range(silent)),
            "tick_lag_ns": 410 * MILLISECOND_NS,
            "tick_limit_ns": 2_500 * MILLISECOND_NS,
            "depth_lag_ns": 380 * MILLISECOND_NS,
            "depth_limit_ns": 2_000 * MILLISECOND_NS,
            "stale_since_ns": None,
        }
        | {k: more.pop(k) for k in inner}
    )
    row = FeedRow(
        health=health,
        silent_symbols=tuple(f"NFO:NIFTY26NOV{26_000 + 50 * n}CE" for n in range(min(silent, 20))),
        packets_per_min=7_212.0,
        tick_lag_p99_ns=1_100 * MILLISECOND_NS,
        depth_lag_p99_ns=1_050 * MILLISECOND_NS,
        last_stale_ns=None,
        last_stale_reason=None,
        last_recover_ns=WALL - 90 * MINUTE_NS,
        stales_today=0,
        recovers_today=0,
        stales_30m=0,
    )
    return msgspec.structs.replace(row, **more)


def link(connection: int, state: LinkState = LinkState.LIVE, **more: Any) -> ConnectionHealth:
    up = ConnectionHealth(
        connection=connection,
        state=state,
        mono_ns=MONO,
        wall_ns=WALL,
        tokens=107,
        link_since_ns=MONO - 77 * MINUTE_NS,
        last_frame_ns=MONO - 300 * MILLISECOND_NS,
        last_data_ns=MONO - 300 * MILLISECOND_NS,
        last_pong_ns=MONO - SECOND_NS,
        rtt_ns=1_234_567,
        frames=9_000,
        bytes=12_000_000,
        links=1,
        losses=0,
        attempt=0,
        last_loss=None,
    )
    return msgspec.structs.replace(up, **more)


LOG = LogHealth(
    state="RECORDING",
    last_sequence=120_334,
    not_recorded=0,
    segment=3,
    free_bytes=63 * GIB,
    sync_lag_ns=21 * MILLISECOND_NS,
    readers=2,
    failure=None,
)
SELECTION = SelectionHealth(
    instruments=214,
    left_out=0,
    made_ns=WALL - 77 * MINUTE_NS,
    recentred=1,
    centres=(
        CentreHealth(
            underlying="NIFTY", made_at_paise=2_600_000, atm_paise=2_605_000, spot_paise=2_604_350, strikes_away=1
        ),
    ),
)
MASTER = MasterHealth(
    day=DAY,
    instruments=98_213,
    sha256="ab" * 32,
    loaded_ns=WALL - 80 * MINUTE_NS,
    compared_with=date(2026, 11, 20),
    alarms=(),
)
SENTINELS = SentinelHealth(
    instruments=5, asked=4_600, unanswered=2, last_answer_mono_ns=MONO - 700 * MILLISECOND_NS, disagreeing=()
)


def health(**more: Any) -> DepthWsHealth:
    """Monday, 10:47:31: four feeds fresh, two connections live."""
    good = DepthWsHealth(
        profile="live",
        pid=24_078,
        boot=boot(),
        tidied_mono_ns=None,
        started_ns=WALL - 77 * MINUTE_NS,
        started_mono_ns=MONO - 77 * MINUTE_NS,
        wall_ns=WALL,
        mono_ns=MONO,
        every_ns=500 * MILLISECOND_NS,
        day=DAY,
        stage=Stage.LIVE,
        detail="",
        market_open=True,
        phase="CONTINUOUS",
        phase_ends_ns=WALL + 282 * MINUTE_NS + 29 * SECOND_NS,
        feeds=(
            feed("index", members=1, depth_limit_ns=0),
            feed("futures", members=1),
            feed("options", members=210),
            feed("cross_asset", members=2, required=False, depth_limit_ns=0),
        ),
        connections=(link(0), link(1), link(2, LinkState.IDLE, tokens=0, link_since_ns=None, last_frame_ns=None)),
        breaker=Breaker(),
        log=LOG,
        selection=SELECTION,
        master=MASTER,
        sentinels=SENTINELS,
        throughput=Throughput(
            frames=9_000,
            packets=1_204_000,
            unknown_packets=0,
            regressed_packets=0,
            damaged_frames=0,
            packets_per_s=1_204.0,
            seen=214,
            subscribed=214,
        ),
        rss_bytes=88 << 20,
        fds=41,
    )
    return msgspec.structs.replace(good, **more)


def closed(**more: Any) -> DepthWsHealth:
    """The same evening: nothing trades, nothing is enforced, all is silent."""
    hours = 4 * 60 * MINUTE_NS
    quiet = tuple(
        feed(
            row.health.feed, members=row.health.members, required=row.health.required, enforced=False, tick_lag_ns=hours
        )
        for row in health().feeds
    )
    return health(**{"market_open": False, "phase": "CLOSED", "phase_ends_ns": None, "feeds": quiet} | more)


def store(home: Home, document: DepthWsHealth) -> None:
    home.make()
    write_health(home.feed_health, document)
