"""Bugs on purpose: what others' systems have done with real money, each a switch outside the product's code.

A simulation that finds nothing shows nothing until it has found these. `applied` puts wrong parts in the place of real
ones for as long as it lasts; a part that is no longer there is an AttributeError, so that no mutant dies in silence.
"""

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tarazu.dst import bugs_of_engine as e
from tarazu.dst import bugs_of_orders as o
from tarazu.dst.mutants_of_gate import OF_GATE
from tarazu.dst.swap import Mutant, Swap
from tarazu.engine import codec, epoch, phases, process, protect, strategies, tags
from tarazu.engine.state import Agreement, EngineState
from tarazu.orders import blotter, evidence, flatten, protection, requests
from tarazu.orders.order_state import OrderState
from tarazu.orders.standing import Standing
from tarazu.runtime.shell import Shell

_BLOTTER = blotter.Blotter

MUTANTS: dict[str, Mutant] = {
    "retry_on_timeout": Mutant(
        what="a place that timed out is sent again, with the same tag",
        seen="HTTP clients that retry POST by themselves",
        breaks="I1",
        control="C18",
        swaps=(Swap(requests, "_placed", o.sent_again_at_a_timeout),),
    ),
    "timeout_is_failed": Mutant(
        what="a place that timed out is taken for refused",
        seen="LEAN with Zerodha, openalgo, hummingbot",
        breaks="I5 I11 I3",
        control="C14",
        swaps=(Swap(requests, "_placed", o.refused_at_a_timeout),),
    ),
    "lookup_once_retry": Mutant(
        what="an order that one read of the book does not show is sent again",
        seen="retry loops that look before they leap",
        breaks="I1",
        control="C18",
        swaps=(Swap(_BLOTTER, "_read", o.sent_again_after_one_look),),
    ),
    "absent_is_rejected": Mutant(
        what="an unknown order is given up after 15 s and one read without it",
        seen="nautilus: 5 s and 5 tries of 2 s",
        breaks="I5 I11",
        control="C14",
        swaps=(Swap(epoch, "begin", e.quarantined_for_seconds),),
    ),
    "send_first": Mutant(
        what="requests go out before the step is in the journal",
        seen="freqtrade: the row is made when create_order has returned",
        breaks="I2",
        control="C30",
        swaps=(
            Swap(Shell, "_write", e.performed_while_it_is_written),
            Swap(Shell, "_perform", e.performed_already),
        ),
    ),
    "no_fsync": Mutant(
        what="nothing waits for the disk",
        seen="every journal that is flushed and not synced",
        breaks="I2",
        control="C30",
        swaps=(Swap(codec, "durability", e.nothing_is_forced),),
    ),
    "fill_add": Mutant(
        what="filled quantities, which are cumulative, are added up",
        seen="order handlers that take each update for a fill",
        breaks="I4 I11",
        swaps=(Swap(blotter, "with_row", o.filled_is_added_up),),
    ),
    "last_wins": Mutant(
        what="the row heard last is believed, whatever it says",
        seen="the usual: order = update",
        breaks="I4",
        swaps=(Swap(evidence, "_is_news", o.the_last_word_wins),),
    ),
    "terminal_sticky": Mutant(
        what="nothing is heard of an order once it is CANCELED",
        seen="state machines whose ends are final; Zerodha forum 8676: filled an hour after",
        breaks="L1 I3 I11",
        control="C14",
        swaps=(
            Swap(blotter, "with_row", o.canceled_is_over),
            Swap(blotter, "with_fills", o.canceled_is_over),
        ),
    ),
    "cancel_is_zero": Mutant(
        what="a canceled order has filled nothing",
        seen="handlers that branch on the status alone",
        breaks="I4 L1",
        control="C14",
        swaps=(Swap(OrderState, "cum_qty", o.canceled_has_no_fills),),
    ),
    "halt_mem": Mutant(
        what="a halt is kept in memory alone",
        seen="kill switches that a restart undoes",
        breaks="I6 REPLAY",
        control="C22 C23",
        swaps=(Swap(codec, "encode", e.halts_are_not_written),),
    ),
    "tag_seq": Mutant(
        what="tags count from 1 after every start, and carry neither epoch nor head",
        seen="counters in memory",
        breaks="I1 BUG",
        control="C18",
        swaps=(Swap(tags, "ClientOrderId", e.names_of_no_epoch),),
    ),
    "boot_forgets_unknown": Mutant(
        what="what was sent and not answered before a start is taken for never sent",
        seen="recovery from acknowledged orders alone",
        breaks="I5 I11",
        control="C14",
        swaps=(Swap(_BLOTTER, "_restart", o.unanswered_was_never_sent),),
    ),
    "limit_filled_only": Mutant(
        what="a position limit looks at what is filled",
        seen="most position limits",
        breaks="I5",
        control="C07 C14",
        swaps=(Swap(EngineState, "exposure", e.only_what_is_filled_counts),),
    ),
    "exit_ignores_pending": Mutant(
        what="exits that are out are not counted when the next is planned",
        seen="square-off loops over the position book",
        breaks="I11",
        swaps=(Swap(flatten, "open_part", o.pending_exits_do_not_count),),
    ),
    "no_cooling": Mutant(
        what="what a canceled order left counts no more at once",
        seen="everybody; ours until seed 168 of the prototype",
        breaks="I5 I11",
        control="C14",
        swaps=(Swap(OrderState, "cools", o.nothing_cools),),
    ),
    "rate_reset": Mutant(
        what="the throttle begins anew with the process",
        seen="limiters in memory",
        breaks="I7",
        control="C11",
        swaps=(Swap(epoch, "rebuilt", e.sends_are_forgotten),),
    ),
    "stop_doubled": Mutant(
        what="stops that rest are not counted when the next is placed",
        seen="ours",
        breaks="I11",
        control="C28",
        swaps=(
            Swap(Standing, "_weigh", o.covered_by_nothing),
            Swap(protection, "_room", o.room_without_what_rests),
        ),
    ),
    "foreign_ignored": Mutant(
        what="orders and trades that are not ours are not looked at",
        seen="bots that know their own orders alone",
        breaks="I8 L1",
        control="C30",
        swaps=(
            Swap(_BLOTTER, "_take_rows", o.strangers_are_not_looked_at),
            Swap(_BLOTTER, "_trades", o.their_trades_are_not_looked_at),
        ),
    ),
    "recover_skips_acts": Mutant(
        what="recovery takes the messages and not what was decided about them",
        seen="ours",
        breaks="REPLAY BUG",
        swaps=(Swap(process.Engine, "recover", e.acts_are_not_recovered),),
    ),
    "auth_is_reject": Mutant(
        what="a lost session is taken for a refusal of the order",
        seen="every broker error is a rejection",
        breaks="I12",
        control="C19",
        swaps=(Swap(requests, "_placed", o.lost_session_is_a_rejection),),
    ),
    "reads_lower_state": Mutant(
        what="a read of the book replaces what is known, though it began before that was heard",
        seen="snapshot reconciliation",
        breaks="I4",
        swaps=(Swap(blotter, "with_row", o.a_read_wins),),
    ),
    "phase_skips_reconcile": Mutant(
        what="risk is taken before the broker's books and ours were compared",
        seen="ours",
        breaks="C31",
        control="C31",
        swaps=(Swap(Agreement, "is_reached", e.always_agreed),),
    ),
    "halt_unheeded": Mutant(
        what="a halt is written down and nothing keeps to it",
        seen="ours",
        breaks="I6",
        control="C22 C23",
        swaps=(
            Swap(phases, "due", e.nothing_is_halted),
            Swap(strategies, "ask", e.strategies_are_asked_all_the_same),
        ),
    ),
    "halt_stops_stops": Mutant(
        what="a halt holds protective stops, too",
        seen="kill switches that kill protection",
        breaks="C28",
        control="C28",
        swaps=(Swap(protect, "_is_covered", e.no_cover_while_halted),),
    ),
}

MUTANTS |= OF_GATE


@contextmanager
def applied(name: str | None) -> Iterator[None]:
    """The mutant's wrong parts in their places, in this process; None: none. Raises KeyError for a name there is none
    of."""
    with ExitStack() as undo:
        for swap in MUTANTS[name].swaps if name else ():
            real = inspect.getattr_static(swap.owner, swap.name)
            undo.callback(setattr, swap.owner, swap.name, real)
            setattr(swap.owner, swap.name, swap.wrong(real))
        yield
