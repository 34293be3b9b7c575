"""The health of a main with which all is well, to be changed by what a test is about."""

import os
import time
from typing import Any

import msgspec

from tarazu.app.health import boot
from tarazu.app.main.health import (
    FeedMark,
    JournalHealth,
    MainHealth,
    MarketHealth,
    OrderCounts,
    PlaceHealth,
    ReadHealth,
    Stage,
)
from tarazu.engine.phase import Phase
from tarazu.model import ist

NOW_NS = 1_795_411_800_000_000_000


def well(**changes: Any) -> MainHealth:
    """Of a main that is this process, all well; `changes` are what is otherwise."""
    mono_ns = time.monotonic_ns()
    health = MainHealth(
        profile="sim",
        version="0.1.0",
        pid=os.getpid(),
        boot=boot(),
        started_ns=NOW_NS - 60_000_000_000,
        started_mono_ns=mono_ns - 60_000_000_000,
        wall_ns=NOW_NS,
        mono_ns=mono_ns,
        every_ns=20_000_000_000,
        stage=Stage.RUNNING,
        detail="",
        day=str(ist.day_of(NOW_NS)),
        epoch=3,
        phase=Phase.ACTIVE,
        why="",
        halt=None,
        stopping=False,
        entries_off="",
        flattening="",
        positions=(PlaceHealth(key="NFO:X", product="NRML", qty=65, lowest=0, highest=65),),
        orders=OrderCounts(today=4, working=1, unknown=0, foreign=0, stops=1, sent=3, pending=0),
        reads=(ReadHealth(what="ORDERS", age_ns=1_000_000_000), ReadHealth(what="BANDS", age_ns=None)),
        feeds=(FeedMark(feed="options", fresh=True, required=True),),
        trouble={},
        breaks=(),
        alerts=(),
        strategies=("probe",),
        spreads=0,
        journal=JournalHealth(sequence=120, acknowledged=118, mode="power", space="OK", dead=None, syncs=9),
        market=MarketHealth(instruments=26, sequence=900, age_ns=10, caught_up=True, damages=0, bands=24),
        clock_offset_ns=0,
        clock_uncertainty_ns=1,
        ticked_mono_ns=mono_ns,
        loop_lag_ns=2_000_000,
        rss_bytes=1 << 28,
        fds=20,
    )
    return msgspec.structs.replace(health, **changes)
