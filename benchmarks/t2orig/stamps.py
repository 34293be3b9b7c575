"""Where the time goes: moments noted around the product's own calls, in its processes, without a change to it.

    watch_feed()      received, and written into the feed log with the doorbells rung
    watch_engine()    the loop woken, frames applied, decided, journalled, the order's bytes with the kernel

Rows of the two are joined by the feed log's sequence.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from feedrig.message import stamp_ns
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind

FEED = np.dtype([(name, "<i8") for name in ("sequence", "sent", "received", "logged")])
ENGINE = np.dtype(
    [(name, "<i8") for name in ("sequence", "woken", "applied", "taken", "decided", "journalled", "called", "placed")]
)
_DATA_BYTES = 2  # a heartbeat has less

_mono_ns = time.monotonic_ns


class Rows:
    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.rows: list[tuple[int, ...]] = []

    def write(self, out: Path) -> None:
        np.save(out, np.array(self.rows, self.dtype))


def watch_feed() -> Rows:
    rows, append = Rows(FEED), FeedLog.append

    def stamped(log: FeedLog, kind: Kind, connection: int, payload: memoryview, wall_ns: int, mono_ns: int) -> int:
        sequence = append(log, kind, connection, payload, wall_ns, mono_ns)
        if kind is Kind.BINARY and len(payload) > _DATA_BYTES:
            rows.rows.append((sequence, stamp_ns(payload), mono_ns, _mono_ns()))
        return sequence

    FeedLog.append = stamped  # type: ignore[method-assign,assignment]
    return rows


def watch_engine() -> Rows:
    """A row an order that was placed."""
    from tarazu.adapters.kite_broker.client import KiteBroker  # what depth_ws does not import is not imported there
    from tarazu.engine.process import Engine
    from tarazu.runtime.journal_writer import Journal
    from tarazu.runtime.market_follower import MarketFollower

    rows = Rows(ENGINE)
    last = dict.fromkeys(ENGINE.names or (), 0)
    follow = MarketFollower.follow_ready

    def followed(follower: MarketFollower, frames_max: int | None = None) -> int:
        woken = _mono_ns()
        done = follow(follower, frames_max)
        last.update(sequence=follower.sequence, woken=woken, applied=_mono_ns())
        return done

    MarketFollower.follow_ready = followed  # type: ignore[method-assign,assignment]
    Engine.process = _timed(Engine.process, last, "taken", "decided")  # type: ignore[method-assign]
    Journal.append = _timed(Journal.append, last, "", "journalled")  # type: ignore[method-assign]
    KiteBroker.place = _timed(KiteBroker.place, last, "called", "placed", rows)  # type: ignore[method-assign]
    return rows


def _timed(call: Any, last: dict[str, int], before: str, after: str, rows: Rows | None = None) -> Callable[..., Any]:
    def timed(*args: Any, **named: Any) -> Any:
        began = _mono_ns()
        answer = call(*args, **named)
        last[after] = _mono_ns()
        if before:
            last[before] = began
        if rows is not None:
            rows.rows.append(tuple(last[name] for name in ENGINE.names or ()))
        return answer

    return timed
