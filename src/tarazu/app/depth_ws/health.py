"""What depth_ws says of itself: one file, replaced whole `every_ns`, read by every command that asks about the feed.

Times as in `app.health`. Nothing here needs numpy.
"""

from datetime import date
from enum import StrEnum
from pathlib import Path

import msgspec

from tarazu.adapters.kite_feed.events import ConnectionHealth
from tarazu.app.health import ProcessHealth, read_as
from tarazu.market.breaker import Breaker
from tarazu.market.feed_events import FeedHealth, StaleReason
from tarazu.model.ids import InstrumentToken


class Stage(StrEnum):
    """What depth_ws is doing, in the order of a start."""

    STARTING = "STARTING"
    NO_TOKEN = "NO_TOKEN"
    """No access token, or one the broker refuses: waits for another."""
    NO_BROKER = "NO_BROKER"
    """REST does not answer: tries again."""
    NO_SELECTION = "NO_SELECTION"
    """Nothing to subscribe to: settings or master refuse, and `detail` says why. Tries again."""
    CONNECTING = "CONNECTING"
    LIVE = "LIVE"
    """Every connection that is needed is up."""
    RECONNECTING = "RECONNECTING"
    """One or more of them are not."""
    BREAKER_OPEN = "BREAKER_OPEN"
    """Reconnect storm: dialling has stopped until `tarazu feed clear-breaker`."""
    STOPPING = "STOPPING"


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One feed, with what freshness does not keep: rates, history, percentiles."""

    health: FeedHealth
    silent_symbols: tuple[str, ...]
    """Keys of `health.silent`, the first 20."""
    packets_per_min: float
    """Packets that told something new, over the last minute, or since the start where that is shorter."""
    tick_lag_p99_ns: int | None
    """Over five minutes."""
    depth_lag_p99_ns: int | None
    last_stale_ns: int | None
    """Wall, of today's last FEED_STALE, by any process of today."""
    last_stale_reason: StaleReason | None
    last_recover_ns: int | None
    stales_today: int
    recovers_today: int
    """Of `stales_today`, those that a FEED_RECOVER has ended."""
    stales_30m: int
    stale_times_ns: tuple[int, ...] = ()
    """Wall, today's, the latest 200: what a restarted process counts on from."""


class LogHealth(msgspec.Struct, frozen=True, kw_only=True):
    state: str
    """`runtime.log_state.LogState`."""
    last_sequence: int
    not_recorded: int
    segment: int
    free_bytes: int
    sync_lag_ns: int
    readers: int
    failure: str | None


class CentreHealth(msgspec.Struct, frozen=True, kw_only=True):
    underlying: str
    made_at_paise: int
    atm_paise: int
    spot_paise: int
    """Now; 0 when not known."""
    strikes_away: int
    """How far the money has moved since."""


class SelectionHealth(msgspec.Struct, frozen=True, kw_only=True):
    instruments: int
    left_out: int
    made_ns: int
    recentred: int
    """How often today."""
    centres: tuple[CentreHealth, ...]
    refused: str = ""
    """Why the strikes cannot follow the money now, for people; empty when they can."""
    held: int = 0
    """Of them, those that stay wherever the money goes: the account holds them, or main has orders in them."""
    unfollowed: tuple[str, ...] = ()
    """Held, and not to be followed before the next start: the day began without them, or the master lacks them."""


class MasterHealth(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    instruments: int
    sha256: str
    loaded_ns: int
    compared_with: date | None
    alarms: tuple[str, ...]
    due_ns: int | None = None
    """Wall: when another is fetched, because the day's own was not written yet, as the first alarm says. None: this is
    the day's own, as far as can be told."""


class SentinelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The REST cross-check; all zero and empty where there is none."""

    instruments: int
    asked: int
    """Rounds."""
    unanswered: int
    last_answer_mono_ns: int | None
    disagreeing: tuple[InstrumentToken, ...]


class Throughput(msgspec.Struct, frozen=True, kw_only=True):
    """Since the process began, but for the rate."""

    frames: int
    packets: int
    unknown_packets: int
    """Of instruments nobody asked for."""
    regressed_packets: int
    """Older than what was known, and refused."""
    damaged_frames: int
    """Frames the decoder could not read to their end."""
    packets_per_s: float
    """Over the last five seconds or so."""
    seen: int
    """Instruments of which a packet came."""
    subscribed: int


class DepthWsHealth(ProcessHealth, frozen=True, kw_only=True):
    schema: str = "tarazu.feed_health/1"
    day: date | None
    """The IST day being recorded."""
    stage: Stage
    detail: str
    """Why the stage is not LIVE, for people; empty when it is."""
    market_open: bool
    """Some venue of the selection trades continuously: freshness is enforced."""
    phase: str
    """The phase of the derivatives' session, `model.calendar.Phase`; empty on a day without trading."""
    phase_ends_ns: int | None
    feeds: tuple[FeedRow, ...]
    connections: tuple[ConnectionHealth, ...]
    breaker: Breaker
    log: LogHealth | None
    selection: SelectionHealth | None
    master: MasterHealth | None
    sentinels: SentinelHealth
    throughput: Throughput
    tidied_mono_ns: int | None
    """When the day's once-a-second work was last done; None while no day runs."""
    rss_bytes: int
    fds: int


def read_health(path: Path) -> DepthWsHealth | None:
    """None when there is none. Raises BadHealth, OSError."""
    return read_as(DepthWsHealth, path)
