"""Checks of what stands behind the feeds: breaker, recording, disk, selection, master, sentinels."""

import msgspec

from tarazu.app.depth_ws.health import DepthWsHealth, LogHealth
from tarazu.app.feed.words import clock, is_open, seconds, span
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Status, epoch
from tarazu.market.breaker import Breaker
from tarazu.model.units import MINUTE_NS, SECOND_NS

SYNC_LAG_SEC = 1.0
"""What a power cut may cost of the recording; the keeper syncs twenty times a second."""
SENTINEL_SILENCE_NS = 30 * SECOND_NS
"""Rounds are asked every second; a REST API away for this long no longer vouches for the prices."""

TIDY_LATE_NS = 5 * SECOND_NS
"""Done each second; a disk that is waited for longer holds up the strikes and the breaker."""

RECORDS = ("RECORDING", "LOW")
"""`runtime.log_state.LogState`, of which LOW warns and still records."""

RESTART = "tarazu up depth_ws"
RESTART_BOTH = "tarazu restart depth_ws main"
CLEAR = 'tarazu feed clear-breaker --reason "..."'


def part_checks(health: DepthWsHealth, home: Home) -> tuple[Check, ...]:
    """Those that there is something to say about."""
    found = (
        breaker_check(health.breaker, health.wall_ns),
        housekeeping_check(health),
        recording_check(health, home),
        None if health.log is None else _disk(health.log, home),
        None if health.log is None else _sync(health.log, home),
        _selection(health),
        _master(health),
        _sentinels(health),
    )
    return tuple(check for check in found if check is not None)


def breaker_check(breaker: Breaker, wall_ns: int | None = None) -> Check:
    """Reconnects of the minute up to `wall_ns`; of all that are kept where no clock is told."""
    count = sum(1 for t in breaker.reconnects_ns if wall_ns is None or wall_ns - MINUTE_NS < t <= wall_ns)
    seen = Check(id="breaker", status=Status.OK, observed=count, unit="reconnects in the window")
    if breaker.tripped_ns is None:
        return seen
    detail = "reconnect storm: dialling has stopped until a person clears it"
    return seen.broken(Status.CRIT, "BREAKER_OPEN", detail, CLEAR, epoch(breaker.tripped_ns))


def housekeeping_check(health: DepthWsHealth) -> Check | None:
    """The work of each second (bars, strikes, breaker, links without data) stands still although the process lives."""
    if health.tidied_mono_ns is None or (age_ns := health.mono_ns - health.tidied_mono_ns) <= TIDY_LATE_NS:
        return None
    seen = Check(id="housekeeping", status=Status.OK, observed=seconds(age_ns), limit=seconds(TIDY_LATE_NS), unit="s")
    return seen.broken(Status.WARN, "HOUSEKEEPING_STUCK", "bars, strikes and the breaker are not looked after", RESTART)


def recording_check(health: DepthWsHealth, home: Home) -> Check:
    """Frames lost earlier are a warning for the day; a log that takes none now is a breach."""
    log, seen = health.log, Check(id="recording", status=Status.OK)
    if log is None:
        status = Status.CRIT if is_open(health) else Status.WARN
        return seen.broken(status, "NOT_RECORDING", "no feed log is open", RESTART)
    seen = msgspec.structs.replace(seen, observed=log.not_recorded, limit=0, unit="frames not recorded")
    hint = f"df -h {home.feed}"
    if log.state not in RECORDS:
        detail = f"the feed log is {log.state}{': ' + log.failure if log.failure else ''}"
        return seen.broken(Status.CRIT, "NOT_RECORDING", detail, hint)
    if log.not_recorded:
        return seen.broken(Status.WARN, "FRAMES_LOST", "recording again; the day's log has a hole", hint)
    return seen


def _disk(log: LogHealth, home: Home) -> Check:
    gib = round(log.free_bytes / (1 << 30), 1)
    seen = Check(id="disk", status=Status.OK, observed=gib, unit="GiB free")
    if log.state != "LOW":
        return seen
    return seen.broken(Status.WARN, "DISK_LOW", "the feed log still records", f"df -h {home.feed}")


def _sync(log: LogHealth, home: Home) -> Check:
    lag = seconds(log.sync_lag_ns) or 0.0
    seen = Check(id="feed_log_sync", status=Status.OK, observed=lag, limit=SYNC_LAG_SEC, unit="s")
    if lag <= SYNC_LAG_SEC:
        return seen
    detail = "a power cut now would cost that much of the recording"
    return seen.broken(Status.WARN, "DISK_SLOW", detail, f"df -h {home.feed}")


def _selection(health: DepthWsHealth) -> Check | None:
    chosen = health.selection
    if chosen is None:
        return None
    if chosen.unfollowed:
        detail = f"held, and outside what is followed since the day's start: {', '.join(chosen.unfollowed[:5])}"
        return Check(id="selection", status=Status.WARN, code="HELD_UNFOLLOWED", detail=detail, hint=RESTART_BOTH)
    if not chosen.left_out:
        return Check(id="selection", status=Status.OK, observed=chosen.instruments, unit="instruments")
    detail = f"{chosen.left_out} instruments are left out: the connections are full"
    hint = "tarazu feed history --type SELECTED"
    return Check(id="selection", status=Status.WARN, code="SELECTION_CUT", detail=detail, hint=hint)


def _master(health: DepthWsHealth) -> Check | None:
    master = health.master
    if master is None:
        return None
    if health.day is not None and master.day != health.day:
        detail = f"the instrument master is of {master.day}, the day is {health.day}"
        return Check(id="master", status=Status.WARN, code="MASTER_OLD", detail=detail, hint=RESTART)
    if not health.phase:
        detail = "no trading today"
        return Check(id="master", status=Status.OK, observed=master.instruments, unit="instruments", detail=detail)
    waits = master.due_ns is not None and not is_open(health)
    alarms = master.alarms[1:] if waits else master.alarms
    if not alarms:
        detail = f"provisional, fetched anew at {clock(master.due_ns)}" if waits else ""
        return Check(id="master", status=Status.OK, observed=master.instruments, unit="instruments", detail=detail)
    more = f", and {len(alarms) - 1} more" if len(alarms) > 1 else ""
    detail, hint = f"{alarms[0]}{more}", "tarazu feed history --type MASTER_LOADED"
    code = "MASTER_PROVISIONAL" if master.due_ns is not None and not waits else "MASTER_CHANGED"
    return Check(id="master", status=Status.WARN, code=code, detail=detail, hint=hint)


def _sentinels(health: DepthWsHealth) -> Check | None:
    asked = health.sentinels
    if not asked.instruments:
        return None
    hint = "tarazu feed history --type FEED_STALE"
    if asked.disagreeing:
        detail = f"REST and feed disagree about {len(asked.disagreeing)} of {asked.instruments} prices"
        return Check(id="sentinels", status=Status.WARN, code="LTP_DISAGREES", detail=detail, hint=hint)
    last = asked.last_answer_mono_ns
    quiet_ns = health.mono_ns - (health.started_mono_ns if last is None else last)
    if is_open(health) and quiet_ns > SENTINEL_SILENCE_NS:
        detail = f"no price from REST for {span(quiet_ns)}: the cross-check is blind"
        return Check(id="sentinels", status=Status.WARN, code="SENTINELS_SILENT", detail=detail, hint=hint)
    return Check(id="sentinels", status=Status.OK, observed=asked.unanswered, unit="rounds unanswered")
