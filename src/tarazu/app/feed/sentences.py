"""Each event of the feed as a sentence for people."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tarazu.adapters.kite_feed import events as link
from tarazu.app.feed import record as own
from tarazu.app.feed.words import clock, names, span
from tarazu.app.verdict import plain
from tarazu.market.feed_events import FeedRecover, FeedStale, FeedState
from tarazu.model.units import SECOND_NS, rupees_text

Symbols = Mapping[int, str]
"""Keys by token, of the latest selection."""


def sentence(event: own.FeedRecordEvent, symbols: Symbols) -> str:
    """One line, for every event there is."""
    if isinstance(event, FeedStale):
        return _stale(event, symbols)
    return _WORDS[type(event)](event)


def symbols_of(event: own.Selected) -> dict[int, str]:
    return dict(zip(event.tokens, event.symbols, strict=True))


def _stale(e: FeedStale, symbols: Symbols) -> str:
    known = [symbols.get(token, str(token)) for token in e.tokens[:4]]
    need = "required" if e.required else "optional"
    return (
        f"{e.feed} is STALE ({need}): {e.reason}, lag {_lag(e.lag_ns)}, limit {_lag(e.limit_ns)}, "
        f"last good {clock(e.since_ns)}, {len(e.tokens)} of {e.members} instruments: {names(known, len(e.tokens))}"
    )


def _recover(e: FeedRecover) -> str:
    if e.was is FeedState.STALE:
        return f"{e.feed} is FRESH again, {span(e.ts_ns - e.since_ns)} after its last good data ({e.reason})"
    return f"{e.feed} is FRESH for the first time"


def _lag(ns: int) -> str:
    """Signed: stamps may be ahead of us."""
    return f"-{span(-ns)}" if ns < 0 else span(ns)


def _master(e: own.MasterLoaded) -> str:
    before = f"compared with {e.before}" if e.before else "nothing to compare with"
    alarms = f"; {len(e.alarms)} alarms: {'; '.join(plain(a) for a in e.alarms)}" if e.alarms else ""
    return f"instrument master of {e.day}: {e.instruments:,} instruments, {before}{alarms}"


def _selected(e: own.Selected) -> str:
    around = ", ".join(f"{plain(c.underlying)} at {rupees_text(c.atm_paise)}" for c in e.centres)
    left_out = f", {e.left_out} left out" if e.left_out else ""
    again = "again, " if e.again else ""
    return f"selected {again}{len(e.tokens)} instruments on {_count(e.connections)} connections, {around}{left_out}"


def _count(connections: Sequence[int]) -> int:
    return len(set(connections))


def _subscribed(e: link.Subscribed) -> str:
    return f"connection {e.connection} follows {e.tokens}: {e.added} added, {e.removed} removed, {e.remoded} changed"


def _resumed(e: link.DataResumed) -> str:
    gap = "the first data" if e.gap_ns is None else f"data again after {span(e.gap_ns)}"
    return f"connection {e.connection} brings {gap}"


def _disconnected(e: link.Disconnected) -> str:
    detail = f": {plain(e.detail)}" if e.detail else ""
    up, quiet = span(e.up_ns), span(e.quiet_ns)
    return f"connection {e.connection} lost: {e.reason} (code {e.code}){detail}; up {up}, quiet {quiet}"


def _failed(e: link.ConnectFailed) -> str:
    status = "" if e.status is None else f" HTTP {e.status}"
    return f"connection {e.connection} could not be made:{status} {plain(e.detail)}"


def _recording(e: own.RecordingChanged) -> str:
    return f"the feed log was {e.before} and is {e.after}; {e.not_recorded:,} frames not recorded so far"


def _tripped(e: own.BreakerTripped) -> str:
    return (
        f"breaker OPEN: {e.reconnects} reconnects in {e.window_ns // SECOND_NS} s; dialling stops until it is cleared"
    )


_WORDS: dict[type, Callable[[Any], str]] = {
    own.FeedStarted: lambda e: f"depth_ws {e.version} records {e.day} (profile {e.profile}, pid {e.pid})",
    own.FeedStopped: lambda e: f"depth_ws stops recording: {plain(e.reason)}",
    own.MasterLoaded: _master,
    own.Selected: _selected,
    own.FeedWaiting: lambda e: f"cannot begin, {e.stage}: {plain(e.detail)}",
    own.SelectionFailed: lambda e: f"nothing could be selected: {e.reason} {plain(e.key)}: {plain(e.text)}",
    own.TokenReplaced: lambda e: "another access token is used from now on",
    own.BreakerTripped: _tripped,
    own.BreakerCleared: lambda e: f"breaker cleared by {plain(e.operator)}: {plain(e.reason)}",
    own.RecordingChanged: _recording,
    FeedRecover: _recover,
    link.Connected: lambda e: f"connection {e.connection} is up, in {e.took_ns / 1e6:.0f} ms",
    link.Subscribed: _subscribed,
    link.DataResumed: _resumed,
    link.Disconnected: _disconnected,
    link.PongTimeout: lambda e: f"connection {e.connection}: a ping of {span(e.waited_ns)} ago is not answered",
    link.ConnectFailed: _failed,
    link.AuthLost: lambda e: f"connection {e.connection}: the access token is not accepted: {plain(e.detail)}",
    link.Throttled: lambda e: f"connection {e.connection}: too many connections, says the broker: {plain(e.detail)}",
    link.Backoff: lambda e: f"connection {e.connection} is tried again in {span(e.delay_ns)} (try {e.attempt})",
}
