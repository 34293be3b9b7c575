"""A mutant for each control of the scales: the one check is gone, and everything else stands.

Where a door has two locks, both are open. Every check of the gate and every gauge has one.
"""

import functools
from typing import Any

from tarazu.dst import bugs_of_engine as e
from tarazu.dst import bugs_of_gate as g
from tarazu.dst.swap import Mutant, Swap
from tarazu.engine import gauges, guards, phases, resets, risk_watch, strategies, weighing
from tarazu.portfolio.pnl import Drawdown
from tarazu.risk import checks_conduct, checks_hours, checks_market, checks_order, gate
from tarazu.risk.denial import Code

_mutant = functools.partial(Mutant, seen="ours")


def _gone(control: str, check: Any, breaks: str = "", *more: Swap, narrow: str = "") -> Mutant:
    return _mutant(
        what=f"the gate does not ask {check.__module__.rpartition('.')[2]}.{check.__name__}",
        breaks=breaks or control,
        control=control,
        narrow=narrow,
        swaps=(Swap(gate, "CHECKS", g.without(check)), *more),
    )


def _deaf(control: str, code: Code, word: str = "", *, narrow: str = "", breaks: str = "") -> Mutant:
    return _mutant(
        what=f"a no of {code}{' to ' + word if word else ''} beside the gate is not heard",
        breaks=breaks or control,
        control=control,
        narrow=narrow,
        swaps=(Swap(weighing, "BESIDE", g.deaf_to(code, word)),),
    )


def _unread(control: str, gauge: Any, *more: Swap, narrow: str) -> Mutant:
    return _mutant(
        what=f"the gauge {gauge.__name__.lstrip('_')} is not read",
        breaks=control,
        control=control,
        narrow=narrow,
        swaps=(Swap(gauges, "GAUGES", g.without(gauge)), *more),
    )


OF_GATE: dict[str, Mutant] = {
    "no_instrument": _gone("C01", checks_order.instrument, narrow="untradable"),
    "no_phase": _gone("C16 C23", checks_hours.phase, "I6 C16 C31"),
    "no_order_type": _gone("C02", checks_order.order_type, "C02 BUG"),
    "no_lot": _gone("C02", checks_order.lot, "C02 BUG"),
    "no_freeze": _gone("C02", checks_order.freeze, "C02 BUG", narrow="roomy"),
    "no_tick": _gone("C02", checks_order.tick, "C02 BUG"),
    "no_band": _gone("C02", checks_order.band, narrow="far_leg"),
    "no_size": _gone("C03", checks_order.size, narrow="order_qty"),
    "no_value": _gone("C04", checks_order.value, narrow="order_value"),
    "no_collar": _gone("C05", checks_market.collar, narrow="collar"),
    "no_reference": _gone("C06", checks_market.reference),
    "no_position": _gone("C07 C14", checks_conduct.position, "I5"),
    "no_blocked": _gone("C14", checks_conduct.blocked),
    "no_leaving": _gone("C23", checks_conduct.leaving),
    "no_throttle": _gone("C11", checks_conduct.throttle, "I7"),
    "no_duplicate": _gone("C12", checks_conduct.duplicate, narrow="duplicate"),
    "no_repeated": _gone(
        "C13", checks_conduct.repeated, "C13", Swap(risk_watch, "repeats", g.always_empty), narrow="round_trips"
    ),
    "no_self_match": _gone("C15", checks_conduct.self_match),
    "no_hours": _gone("C16", checks_hours.trading),
    "no_intraday": _gone("C16", checks_hours.intraday, narrow="late"),
    "no_expiring": _gone("C16", checks_hours.expiring, narrow="late"),
    "no_protection": _gone("C17", checks_order.protection),
    "no_spread": _gone("C25", checks_market.spread, narrow="spread"),
    "no_jump": _gone("C25", checks_market.jump, narrow="jump"),
    "no_stop": _gone("C28", checks_conduct.stop, "C28 BUG"),
    "no_gross": _deaf("C08", Code.GROSS, narrow="gross"),
    "no_delta": _deaf("C08", Code.GREEKS, "delta", narrow="delta"),
    "no_vega": _deaf("C08", Code.GREEKS, "vega", narrow="vega"),
    "no_scenario": _deaf("C08", Code.SCENARIO, narrow="scenario"),
    "no_unexecuted": _deaf("C09", Code.UNEXECUTED, narrow="unexecuted"),
    "no_margin": _deaf("C10", Code.MARGIN, narrow="margin"),
    "no_pilot": _deaf("", Code.PILOT, breaks="PILOT", narrow="pilot"),
    "no_flags": _deaf("", Code.FLAG_OFF, breaks="FLAGS", narrow="flags"),
    "no_unknown_result": _deaf("C24", Code.LOSS, narrow="pnl_unknown"),
    "no_approval": _mutant(
        what="what should wait for leave is sent",
        breaks="APPROVAL",
        narrow="approvals",
        swaps=(Swap(guards, "holds", g.never),),
    ),
    "no_runaway": _mutant(
        what="nobody counts how often a strategy wants to enter",
        breaks="C13",
        narrow="runaway",
        control="C13",
        swaps=(Swap(risk_watch, "runs_away", g.always_empty),),
    ),
    "no_strategy_halt": _mutant(
        what="a strategy that is halted goes on",
        breaks="C13",
        narrow="runaway",
        control="C13",
        swaps=(
            Swap(strategies, "_hear", g.everybody_is_asked),
            Swap(weighing, "BESIDE", g.deaf_to(Code.STRATEGY)),
        ),
    ),
    "no_day_loss": _unread("C24", gauges._day_loss, narrow="day_loss"),
    "no_drawdown": _unread("C24", gauges._drawdown, narrow="drawdown"),
    "no_unknown_halt": _unread("C24", gauges._unknown, narrow="pnl_unknown"),
    "no_rejects": _unread("C24", gauges._rejects, Swap(risk_watch, "_rejected", g.never), narrow="rejects"),
    "no_order_to_trade": _unread("C29", gauges._order_to_trade, narrow="order_to_trade"),
    "no_pilot_loss": _unread("C24", gauges._pilot_loss, narrow="pilot_on"),
    "no_record_halt": _unread("C24", gauges._record, narrow="full_disk"),
    "no_feed_halt": _unread("C25", gauges._feed, narrow="trouble"),
    "no_loss": _mutant(
        what="the day's result is always zero",
        breaks="C24",
        narrow="day_loss",
        control="C24",
        swaps=(Swap(Drawdown, "after", g.nothing_is_lost),),
    ),
    "halt_resets_itself": _mutant(
        what="a person's word needs no incident",
        breaks="C23",
        control="C23",
        swaps=(Swap(resets, "_unsaid", g.always_empty),),
    ),
    "soft_halt_unheeded": _mutant(
        what="nothing looks at a halt but the strategies",
        breaks="I6",
        control="C23",
        swaps=(Swap(phases, "due", e.nothing_is_halted),),
    ),
}
