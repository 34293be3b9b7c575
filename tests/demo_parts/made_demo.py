"""A demo as it might have been, second by second: its feed is muted at 52 s and back at 63 s, and nothing misses."""

import math
from datetime import date, time

from tarazu.app.demo.told import Chapter, DemoTold, FillTold, Happened, Kind, ProcessSeen, Sample, StepTold
from tarazu.app.runbook.runs.judging import How
from tarazu.app.verdict import Check, Status
from tarazu.model import ist
from tarazu.model.units import SECOND_NS

BEGAN_NS = ist.at_ns(date(2026, 11, 23), time(9, 7))
OPENS_S, CLOSES_S, STALE_S, BACK_S, TOOK_S = 16.0, 76.0, 52.0, 63.0, 102.0
CALL, PUT, FUTURE = "NFO:NIFTY26NOV26000CE", "NFO:NIFTY26NOV26000PE", "NFO:NIFTY26NOVFUT"


def market_ns(at_s: float) -> int:
    return BEGAN_NS + round(at_s * SECOND_NS)


def made_demo() -> DemoTold:
    return DemoTold(
        seed=7,
        scenario="normal",
        incident="mute-feed",
        speed=1.0,
        day="2026-11-23",
        home="var/demo/home",
        version="0.1.0",
        began_epoch=BEGAN_NS / SECOND_NS,
        took_s=TOOK_S,
        first_tick_s=4.1,
        first_fill_s=17.6,
        opens_ns=market_ns(OPENS_S),
        closes_ns=market_ns(CLOSES_S),
        steps=[_step(*row) for row in _STEPS],
        samples=[_sample(n / 4) for n in range(12, 340)],
        happened=[
            Happened(at_s=at_s, market_ns=market_ns(at_s), kind=kind, status=status, text=text)
            for at_s, kind, status, text in sorted(_HAPPENED)
        ],
        fills=[_fill(n, *row) for n, row in enumerate(_FILLS)],
        proofs=[
            Check(id="steps", status=Status.OK, detail="27 steps, each as expected"),
            Check(id="books.balance", status=Status.OK, detail="6 orders, 6 trades: the broker's = ours"),
        ],
    )  # fmt: skip


_P, _S, _M, _I, _C, _R, _X = Chapter
_STEPS = (
    (_P, "pre-open", "gate", "python scripts/readiness_gate.py", 0.1, 3.5, 0, "READY  SIM  0 blockers"),
    (_P, "pre-open", "depth", "python scripts/start_depth_ws.py", 3.6, 1.8, 0, "STARTED  SIM  depth_ws RUNNING"),
    (_P, "pre-open", "feed", "python scripts/feed_health_status.py", 5.4, 0.4, 0, "OK  SIM  market PRE_OPEN"),
    (_P, "pre-open", "sla", "python scripts/sla_check.py", 5.8, 0.4, 0, "OK  SIM  8 SLAs hold"),
    (_P, "pre-open", "eyeball", "Compare NIFTY's last price in Kite with the one in `tarazu feed status`.", 6.2, 0.5,
     None, "kite_ltp 26012.35, tarazu_ltp 26012.35"),
    (_S, "start", "stack", "bash scripts/start_live_stack.sh", 6.8, 4.6, 0, "UP  SIM  depth_ws, main, watchdog"),
    (_S, "start", "status", "bash scripts/status_live_stack.sh", 11.5, 0.4, 0, "OK  SIM  market PRE_OPEN"),
    (_S, "start", "feed", "python scripts/feed_health_status.py", 12.0, 0.4, 0, "OK  SIM  market PRE_OPEN"),
    (_M, "monitor", "sla", "python scripts/sla_check.py", 30.0, 0.4, 0, "OK  SIM  8 SLAs hold  market OPEN"),
    (_M, "monitor", "ops", "python scripts/ops_summary.py", 30.5, 0.7, 0, "OK  SIM  market OPEN"),
    (_M, "monitor", "risk", "python scripts/risk_monitor.py", 31.3, 0.4, 0, "OK  SIM  NORMAL"),
    (_M, "monitor", "look", "bash scripts/status_live_stack.sh", 31.8, 0.4, 0, "OK  SIM  market OPEN"),
    (_I, "sev2-feed-stale", "depth", "python scripts/start_depth_ws.py", 57.0, 4.2, 0, "RESTARTED  SIM  depth_ws"),
    (_I, "sev2-feed-stale", "feed", "python scripts/feed_health_status.py", 61.3, 2.1, 0, "OK  SIM  market OPEN"),
    (_M, "monitor", "sla", "python scripts/sla_check.py", 66.0, 0.4, 1, "WARN  SIM  1 of 8 SLAs near"),
    (_M, "monitor", "ops", "python scripts/ops_summary.py", 66.5, 0.7, 1, "WARN  SIM  market OPEN"),
    (_C, "eod", "reconcile", "python scripts/reconcile_fills.py", 82.0, 1.1, 0, "RECONCILED  SIM  0 breaks"),
    (_C, "eod", "audit", "python scripts/run_daily_audit.py", 83.1, 2.3, 0, "AUDITED  SIM  0 findings"),
    (_C, "eod", "backup", "python scripts/dr_backup.py", 85.4, 1.2, 0, "BACKED UP  SIM"),
    (_C, "eod", "export", "python scripts/export_trade_log_csv.py", 86.6, 0.9, 0, "EXPORTED  SIM  6 trades"),
    (_C, "eod", "rollup", "python scripts/daily_rollup.py", 87.5, 2.2, 0, "CLOSED  SIM  the day is closed"),
    (_R, "rollback-flags", "flags", "python scripts/rollback_flags.py --dry-run", 90.0, 0.5, 0, "PLAN  SIM"),
    (_R, "rollback-model", "model", "python scripts/rollback_model.py --family xgb --to previous", 90.6, 0.6, 0,
     "PLAN  SIM"),
    (_R, "rollback-risk-halt", "reset", "python scripts/reset_risk_halt.py", 91.3, 0.5, 4, "REFUSED  SIM"),
    (_X, "", "down", "tarazu down all", 92.0, 1.2, 0, "DOWN  SIM"),
    (_X, "", "verify", "tarazu audit verify", 93.3, 1.1, 0, "VERIFIED  SIM"),
    (_X, "", "replay", "tarazu replay 2026-11-23", 94.5, 6.9, 0, "EQUAL  SIM"),
)  # fmt: skip

_HAPPENED = (
    (3.9, Kind.PROCESS, Status.OK, "depth_ws RUNNING, pid 24078"),
    (9.2, Kind.PROCESS, Status.OK, "main RUNNING, pid 24090"),
    (16.0, Kind.DESK, Status.OK, "the market opens; phase ACTIVE"),
    (17.5, Kind.ORDER, Status.OK, f"iron_fly SELL 75 {CALL} at 112.35"),
    (17.6, Kind.FILL, Status.OK, f"SELL 75 {CALL} at 112.35"),
    (17.7, Kind.FILL, Status.OK, f"SELL 75 {PUT} at 98.10"),
    (24.0, Kind.DENIED, Status.WARN, "momentum BUY 75 NFO:NIFTY26NOVFUT: SPREAD_TOO_WIDE 40 bps, limit 25 bps"),
    (33.0, Kind.FILL, Status.OK, f"BUY 75 {FUTURE} at 26,034.00"),
    (47.5, Kind.FILL, Status.OK, f"SELL 75 {FUTURE} at 26,061.20"),
    (STALE_S, Kind.FAULT, Status.OK, "the broker's feed is frozen: ws.freeze"),
    (54.6, Kind.FEED, Status.CRIT, "FEED_STALE options: no tick for 2.6 s, limit 2.5 s"),
    (54.7, Kind.DESK, Status.WARN, "phase REDUCE_ONLY: entries are blocked"),
    (54.9, Kind.INCIDENT, Status.CRIT, "INC-20261123-01 SEV2 FEED_STALE opened; tarazu runbook run sev2-feed-stale"),
    (57.3, Kind.PROCESS, Status.OK, "depth_ws is restarted, pid 24311"),
    (BACK_S, Kind.FEED, Status.OK, "FEED_RECOVER options after 8.4 s"),
    (63.4, Kind.DESK, Status.OK, "phase ACTIVE: entries again"),
    (74.2, Kind.FILL, Status.OK, f"BUY 75 {CALL} at 121.05"),
    (74.4, Kind.FILL, Status.OK, f"BUY 75 {PUT} at 80.45"),
    (CLOSES_S, Kind.DESK, Status.OK, "the market closes; the book is flat"),
)
_FILLS = (
    (17.6, CALL, "SELL", 11_235, "iron_fly"),
    (17.7, PUT, "SELL", 9_810, "iron_fly"),
    (33.0, FUTURE, "BUY", 2_603_400, "momentum"),
    (47.5, FUTURE, "SELL", 2_606_120, "momentum"),
    (74.2, CALL, "BUY", 12_105, "iron_fly"),
    (74.4, PUT, "BUY", 8_045, "iron_fly"),
)


def _step(
    chapter: Chapter, runbook: str, step: str, command: str, at_s: float, took_s: float, code: int | None, line: str
) -> StepTold:
    return StepTold(
        chapter=chapter,
        runbook=runbook,
        step=step,
        command=command,
        expected=f"exit {code}",
        began_s=at_s,
        began_ns=market_ns(at_s),
        how=How.OK,
        took_s=took_s,
        exit=code,
        first_line=line,
    )


def _fill(n: int, at_s: float, key: str, side: str, price_paise: int, strategy: str) -> FillTold:
    return FillTold(
        market_ns=market_ns(at_s),
        key=key,
        side=side,
        qty=75,
        price_paise=price_paise,
        order_id=f"26112300000{n}",
        strategy=strategy,
    )


def _sample(at_s: float) -> Sample:
    deaf_s = at_s - STALE_S if STALE_S <= at_s < BACK_S else 0.0
    is_stale = deaf_s > 2.5
    is_open = OPENS_S <= at_s < CLOSES_S
    seen_s = min(at_s, STALE_S) if deaf_s else min(max(at_s, OPENS_S), CLOSES_S)
    return Sample(
        at_s=at_s,
        market_ns=market_ns(at_s),
        market=f"market OPEN, closes 09:08:16 ({CLOSES_S - at_s:.0f} s)" if is_open
        else "market PRE_OPEN until 09:07:16" if at_s < OPENS_S else "market CLOSED",
        spot_paise=_spot(seen_s) if at_s > 4 else None,
        future_paise=_spot(seen_s) + 4_200 if at_s > 4 else None,
        day_pnl_paise=_pnl(seen_s) if at_s > 9 else None,
        phase="" if at_s < 9 else "REDUCE_ONLY" if is_stale or not is_open else "ACTIVE",
        risk="" if at_s < 9 else "NORMAL",
        feed="" if not is_open else "STALE" if is_stale else "FRESH",
        tick_lag_ns=round((deaf_s or 0.21 + 0.1 * math.sin(at_s)) * SECOND_NS) if at_s > 4 else None,
        tick_limit_ns=2_500_000_000 if at_s > 4 else None,
        packets_per_s=0.0 if deaf_s else 412.0,
        positions=_held(seen_s),
        working=2 if 17.8 < at_s < 74 else 0,
        orders=sum(at_s >= row[0] for row in _FILLS),
        processes=_processes(at_s, deaf_s),
        used={"DAY_LOSS": max(0, -_pnl(seen_s) // 5_000), "OPEN_POSITIONS": 50, "MARGIN_USED": 37, "ORDERS_DAY": 6}
        if at_s > 9 else {},
        incidents_open=int(at_s >= 54.9),
    )  # fmt: skip


def _spot(at_s: float) -> int:
    """Paise: a wave with a rise in it."""
    return round(2_601_235 + 900 * math.sin(at_s / 3) + 2_200 * math.sin(at_s / 11) + 25 * at_s)


def _pnl(at_s: float) -> int:
    return 0 if at_s < 17.6 else round(40_000 * math.sin((at_s - 17.6) / 9) + 1_500 * (at_s - 17.6))


def _held(at_s: float) -> dict[str, int]:
    held: dict[str, int] = {}
    for when_s, key, side, _, _ in _FILLS:
        if at_s >= when_s:
            held[key] = held.get(key, 0) + (75 if side == "BUY" else -75)
    return {key: units for key, units in held.items() if units}


def _processes(at_s: float, deaf_s: float) -> tuple[ProcessSeen, ...]:
    reborn = at_s > 57.3
    rows = (
        ("depth_ws", 3.9, 24311 if reborn else 24078, int(reborn), "412 packets/s" if not deaf_s else "no tick"),
        ("main", 9.2, 24090, 0, "D-31 SKIP spread_too_wide"),
        ("watchdog", 9.8, 24102, 0, "watching"),
    )
    return tuple(
        ProcessSeen(
            name=name,
            state="RUNNING" if at_s >= since_s else "STOPPED",
            pid=pid if at_s >= since_s else None,
            restarts=deaths,
            doing=doing if at_s >= since_s else "",
        )
        for name, since_s, pid, deaths, doing in rows
    )
