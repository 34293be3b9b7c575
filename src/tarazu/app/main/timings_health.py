"""The part of main's health that is of its own speed: how long its work takes, now and over five minutes."""

import msgspec


class TimingPage(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is measured again and again."""

    now_ns: int | None = None
    """The worst of the last ten seconds; None: nothing was measured in them."""
    p99_ns: int | None = None
    """The 99th percentile of the last five minutes, rounded up by an eighth at most; None: nothing was measured."""
    worst_ns: int | None = None
    """Of the last five minutes."""
    count: int = 0
    """Measured in them."""


class TimingsPage(msgspec.Struct, frozen=True, kw_only=True):
    order_ack: TimingPage = TimingPage()
    """From a request about an order to the broker's answer; one that waits for its answer counts by its age."""
    decision_loop: TimingPage = TimingPage()
    """From the receipt of a frame of the feed to the end of the engine's step on it, and how late each second was."""
    db_write: TimingPage = TimingPage()
    """One batch of the journal's entries folded and written to the database, durable."""
    clock_skew: TimingPage = TimingPage()
    """How far our clock is from the broker's at the least, either way."""
