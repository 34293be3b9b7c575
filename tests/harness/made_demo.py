"""A demo's day as it might have gone, made without a desk: a mute feed in the middle, twelve fills, books that balance.

told = made_demo()                      # the default day
told = made_demo(incident="main-killed")
Every list is a fresh one: a test may change what it is given.
"""

import math
from datetime import date
from random import Random

from tarazu.app.demo.told import (
    Books,
    Chapter,
    DemoTold,
    FillTold,
    Happened,
    Kind,
    ProcessSeen,
    Sample,
    StepTold,
)
from tarazu.app.runbook.runs.judging import How
from tarazu.app.verdict import Check, Status
from tarazu.model import ist
from tarazu.model.units import HOUR_NS, MINUTE_NS, SECOND_NS

DAY = date(2026, 11, 23)
BEGAN_NS = ist.midnight_ns(DAY) + 9 * HOUR_NS + 6 * MINUTE_NS + 51 * SECOND_NS
OPEN_S, CLOSE_S, TOOK_S = 18.0, 70.0, 97.4
FAULT_S, STALE_S, RECOVER_S = 41.0, 43.6, 49.8
CALL, PUT = "NFO:NIFTY26NOV26100CE", "NFO:NIFTY26NOV25900PE"
LIMIT_NS = 2_500_000_000
EACH_S = 0.25

_STEPS = (
    (Chapter.PRE_OPEN, "pre-open", "gate", "python scripts/readiness_gate.py", "exit 0; line 1 begins READY", 0.4, 3.5),
    (Chapter.PRE_OPEN, "pre-open", "depth", "python scripts/start_depth_ws.py", "exit 0 or 1", 4.0, 1.8),
    (Chapter.PRE_OPEN, "pre-open", "feed", "python scripts/feed_health_status.py", "exit 0 or 1", 5.9, 0.5),
    (Chapter.START, "start", "stack", "bash scripts/start_live_stack.sh", "exit 0 or 1", 8.0, 4.6),
    (Chapter.START, "start", "status", "bash scripts/status_live_stack.sh", "exit 0 or 1", 12.7, 0.6),
    (Chapter.MONITOR, "monitor", "sla", "python scripts/sla_check.py", "exit 0 or 1", 28.0, 0.4),
    (Chapter.MONITOR, "monitor", "ops", "python scripts/ops_summary.py", "exit 0 or 1", 28.5, 0.9),
    (Chapter.INCIDENT, "sev2-feed-stale", "depth", "python scripts/start_depth_ws.py", "exit 0 or 1", 44.4, 4.9),
    (Chapter.INCIDENT, "sev2-feed-stale", "feed", "python scripts/feed_health_status.py", "exit 0 or 1", 49.4, 0.6),
    (Chapter.CLOSE, "eod", "reconcile", "python scripts/reconcile_fills.py", "exit 0", 74.0, 1.1),
    (Chapter.CLOSE, "eod", "audit", "python scripts/run_daily_audit.py", "exit 0 or 1", 75.2, 2.3),
    (Chapter.CLOSE, "eod", "backup", "python scripts/dr_backup.py", "exit 0 or 1", 77.6, 1.0),
    (Chapter.ROLLBACK, "", "flags", "tarazu flags rollback --dry-run", "exit 0", 86.0, 0.4),
    (Chapter.ROLLBACK, "", "reset", "tarazu risk reset-halt", "exit 4", 87.1, 0.4),
)


def made_demo(incident: str = "mute-feed") -> DemoTold:
    fills = _fills()
    books = _books(fills)
    killed = incident == "main-killed"
    return DemoTold(
        seed=7,
        scenario="normal",
        incident=incident,
        speed=1.0,
        day=DAY.isoformat(),
        home="var/demo/home",
        version="0.1.0",
        began_epoch=1_795_404_411.0,
        took_s=TOOK_S,
        first_tick_s=3.2,
        first_fill_s=fills[0].market_ns / SECOND_NS - BEGAN_NS / SECOND_NS,
        opens_ns=_market_ns(OPEN_S),
        closes_ns=_market_ns(CLOSE_S),
        steps=[_step(*row) for row in _STEPS],
        samples=[_sample(n * EACH_S, killed) for n in range(1, int(90 / EACH_S))],
        happened=_happened(incident, fills),
        fills=fills,
        broker=books,
        ours=books,
        proofs=_proofs(),
        files={"daily audit": "home/sim/closes/2026-11-23/audit.html", "trades": "home/sim/closes/trades.csv"},
        next=[("tarazu audit show", "what the day's audit found"), ("tarazu replay 2026-11-23", "decide it all again")],
    )


def _market_ns(at_s: float) -> int:
    return BEGAN_NS + round(at_s * SECOND_NS)


def _step(chapter: Chapter, runbook: str, step: str, command: str, expected: str, at_s: float, took: float) -> StepTold:
    return StepTold(
        chapter=chapter, runbook=runbook, step=step, command=command, expected=expected, began_s=at_s,
        began_ns=_market_ns(at_s), how=How.OK, took_s=took, exit=4 if step == "reset" else 0,
        first_line="REFUSED  SIM  there is no halt" if step == "reset" else "OK  SIM  as it should be",
    )  # fmt: skip


def _fills() -> list[FillTold]:
    """Two strangles and their exits, on both sides of the incident; sold dearer than bought, but not by much."""
    rows = (
        (21.1, CALL, "SELL", 75, 11_240, "T1", "iron_fly"), (21.4, PUT, "SELL", 75, 10_835, "T2", "iron_fly"),
        (26.0, "NFO:NIFTY26NOVFUT", "BUY", 75, 2_604_500, "T3", "momentum"),
        (33.5, "NFO:NIFTY26NOVFUT", "SELL", 75, 2_605_160, "T4", "momentum"),
        (54.2, "NFO:NIFTY26NOVFUT", "SELL", 75, 2_603_900, "T5", "momentum"),
        (61.0, "NFO:NIFTY26NOVFUT", "BUY", 75, 2_603_120, "T6", "momentum"),
        (66.3, CALL, "BUY", 50, 10_980, "T7", "iron_fly"), (66.4, CALL, "BUY", 25, 10_985, "T7", "iron_fly"),
        (66.8, PUT, "BUY", 75, 11_050, "T8", "iron_fly"),
    )  # fmt: skip
    return [
        FillTold(market_ns=_market_ns(at), key=key, side=side, qty=qty, price_paise=price, order_id=id_, strategy=by)
        for at, key, side, qty, price, id_, by in rows
    ]


def _books(fills: list[FillTold]) -> Books:
    bought = [f for f in fills if f.side == "BUY"]
    sold = [f for f in fills if f.side == "SELL"]
    gross = sum(f.qty * f.price_paise for f in sold) - sum(f.qty * f.price_paise for f in bought)
    charges = 41_237
    return Books(
        orders=len({f.order_id for f in fills}) + 2,
        trades=len(fills),
        units_bought=sum(f.qty for f in bought),
        units_sold=sum(f.qty for f in sold),
        gross_paise=gross,
        charges_paise=charges,
        net_paise=gross - charges,
    )


def _sample(at_s: float, killed: bool) -> Sample:
    stale = not killed and STALE_S <= at_s < RECOVER_S
    silent = not killed and FAULT_S <= at_s < RECOVER_S
    is_open = OPEN_S <= at_s < CLOSE_S
    noise = Random(int(at_s * 4)).gauss(0, 240)
    spot = round(2_602_000 + 3_400 * math.sin(at_s / 9) + 40 * at_s + noise)
    lag = (at_s - FAULT_S) * SECOND_NS if silent else abs(noise) * 1_600_000 + 90_000_000
    pnl = None if at_s < 21 else round(-41_237 * min((at_s - 20) / 47, 1) + 61_000 * math.sin((at_s - 21) / 15))
    return Sample(
        at_s=at_s,
        market_ns=_market_ns(at_s),
        market="market OPEN, closes 09:08:01" if is_open else "market CLOSED",
        spot_paise=spot if 4.5 <= at_s < CLOSE_S + 2 and not silent else None,
        day_pnl_paise=pnl,
        phase="ACTIVE" if 13 < at_s < CLOSE_S else "",
        risk="NORMAL" if at_s > 13 else "",
        feed="" if at_s < 5 else "STALE" if stale else "FRESH",
        tick_lag_ns=round(lag) if 4.5 <= at_s < CLOSE_S else None,
        tick_limit_ns=LIMIT_NS if 4.5 <= at_s < CLOSE_S else None,
        positions={CALL: -75, PUT: -75} if 21.5 <= at_s < 66 else {},
        working=1 if 21 <= at_s < 66 else 0,
        orders=4 if at_s > 21 else 0,
        processes=_processes(at_s, killed),
        used={"DAY_LOSS": min(int(at_s / 4), 18), "MARGIN": 44 if 21 < at_s < 66 else 3, "ORDER_RATE": 12},
        incidents_open=1 if STALE_S <= at_s < 51 else 0,
    )


def _processes(at_s: float, killed: bool) -> tuple[ProcessSeen, ...]:
    def seen(name: str, from_s: float, died_s: float | None = None, back_s: float = 0.0) -> ProcessSeen:
        if at_s < from_s:
            return ProcessSeen(name=name, state="STOPPED", pid=None, restarts=0, doing="")
        if died_s is not None and died_s <= at_s < back_s:
            return ProcessSeen(name=name, state="DOWN", pid=None, restarts=1, doing="")
        again = died_s is not None and at_s >= back_s
        pid = 1_000 + len(name) + (100 if again else 0)
        state = "STARTING" if at_s < from_s + 0.5 else "RUNNING"
        return ProcessSeen(name=name, state=state, pid=pid, restarts=int(again), doing="at work")

    feed = seen("depth_ws", 4.0) if killed else seen("depth_ws", 4.0, 44.5, 46.5)
    main = seen("main", 9.0, FAULT_S, FAULT_S + 3.5) if killed else seen("main", 9.0)
    return (seen("sim-broker", 1.0), feed, main, seen("watchdog", 10.0))


def _happened(incident: str, fills: list[FillTold]) -> list[Happened]:
    told = [
        _event(f.market_ns, Kind.FILL, Status.OK, f"{f.side} {f.qty} {f.key} @ {f.price_paise / 100:.2f}")
        for f in fills
    ]
    rows: tuple[tuple[float, Kind, Status, str], ...] = (
        (OPEN_S, Kind.DESK, Status.OK, "the market is open"),
        (19.9, Kind.DENIED, Status.WARN, "momentum: BAND_UNKNOWN, no price band yet"),
    )
    if incident == "main-killed":
        rows += (
            (FAULT_S, Kind.FAULT, Status.WARN, "main is killed"),
            (FAULT_S + 0.5, Kind.PROCESS, Status.CRIT, "main has died: signal 9"),
            (FAULT_S + 3.5, Kind.PROCESS, Status.OK, "main is back, 0 mismatches"),
            (FAULT_S + 3.6, Kind.DESK, Status.WARN, "the engine is RECONCILING: the books are not compared yet"),
            (FAULT_S + 4.5, Kind.DESK, Status.OK, "the engine is ACTIVE"),
        )
    elif incident != "none":
        rows += (
            (FAULT_S, Kind.FAULT, Status.WARN, "the broker sends no more ticks; its heartbeat goes on"),
            (STALE_S, Kind.FEED, Status.CRIT, "FEED_STALE index: PARTIAL_MUTE, nothing for 2.6 s"),
            (STALE_S + 0.1, Kind.DESK, Status.WARN, "the engine is REDUCE_ONLY: stale: index"),
            (STALE_S + 0.5, Kind.INCIDENT, Status.CRIT, "INC-20261123-01 SEV2 FEED_STALE opened"),
            (STALE_S + 0.9, Kind.DENIED, Status.WARN, "momentum BUY 75: FEED_STALE"),
            (45.0, Kind.FAULT, Status.OK, "the broker sends ticks again"),
            (RECOVER_S, Kind.FEED, Status.OK, "FEED_RECOVER index: stale for 6.2 s"),
            (RECOVER_S + 0.2, Kind.DESK, Status.OK, "the engine is ACTIVE"),
            (RECOVER_S + 1.2, Kind.INCIDENT, Status.OK, "INC-20261123-01 closed"),
        )
    told += [_event(_market_ns(at), kind, status, text) for at, kind, status, text in rows]
    return sorted(told, key=lambda one: one.at_s)


def _event(market_ns: int, kind: Kind, status: Status, text: str) -> Happened:
    return Happened(at_s=(market_ns - BEGAN_NS) / SECOND_NS, market_ns=market_ns, kind=kind, status=status, text=text)


def _proofs() -> list[Check]:
    return [
        Check(id="demo.steps", status=Status.OK, observed=14, limit=14, unit="steps as expected"),
        Check(id="demo.orders_once", status=Status.OK, observed=10, unit="intents, one order each"),
        Check(id="demo.books", status=Status.OK, detail="the broker's books are ours, to the paisa"),
        Check(id="demo.replay", status=Status.OK, observed=412, unit="entries came out the same"),
    ]
