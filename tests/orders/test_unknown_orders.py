"""No answer is no answer. Presence is always evidence; absence takes a quarantine and two complete reads after it."""

import msgspec
import pytest

from harness.order_story import Story, check, report, tag_of
from tarazu.orders import messages as m

LOST = """
    sent A BUY 75 @ 100               -> A:IN_FLIGHT SEND
    answer A lost                     -> A:UNKNOWN !UNKNOWN ?read
"""


@pytest.mark.control("C14")
def test_a_lost_answer_is_neither_sent_nor_failed_and_counts() -> None:
    check(
        LOST
        + """
        exposure                          -> 0..75
        +600 time                         ->
        exposure                          -> 0..75
    """
    )


def test_an_order_found_by_its_tag_goes_on_as_any_other() -> None:
    check(
        LOST
        + """
        +100 book 1 A WORKING 0/75        -> A:WORKING
        row 1 A FILLED 75/75              -> A:FILLED/75
    """
    )


@pytest.mark.control("C14")
def test_absence_counts_after_the_quarantine_and_two_complete_reads_that_began_after_it() -> None:
    check(
        LOST
        + """
        book                              ->
        +100 book                         ->
        +79 book                          ->
        +3 book ago 3                     ->
        +1 book                           ->
        exposure                          -> 0..75
        +2 book                           -> A:ABSENT !ABSENT
        exposure                          -> 0..0
    """
    )


def test_one_read_heard_twice_is_one_read() -> None:
    check(
        LOST
        + """
        +200 book                         ->
        book                              ->
        +2 book ago 2                     ->
        where A                           -> UNKNOWN 0/75
        book                              -> A:ABSENT !ABSENT
    """
    )


@pytest.mark.control("C14")
def test_a_torn_read_proves_no_absence() -> None:
    check(
        LOST
        + """
        +200 book torn                    ->
        +2 book torn                      ->
        +2 book                           ->
        +2 book torn                      ->
        where A                           -> UNKNOWN 0/75
    """
    )


def test_a_late_arrival_is_adopted_counted_and_wanted_canceled() -> None:
    check(
        LOST
        + """
        +181 book                         ->
        +2 book                           -> A:ABSENT !ABSENT
        +900 book 1 A WORKING 0/75        -> A:WORKING !LATE ?cancel
        exposure                          -> 0..75
        cancel A                          -> A:PENDING_CANCEL CANCEL
        row 1 A FILLED 75/75              -> A:FILLED/75
    """
    )


def test_a_late_fill_is_adopted_and_there_is_nothing_to_cancel() -> None:
    check(
        LOST
        + """
        +181 book                         ->
        +2 book                           -> A:ABSENT !ABSENT
        +900 book 1 A FILLED 75/75        -> A:FILLED/75 !LATE
        exposure                          -> 75..75
    """
    )


def test_a_refused_order_that_turns_up_is_adopted_too() -> None:
    check("""
        sent A BUY 75 @ 100               -> A:IN_FLIGHT SEND
        answer A refused REQUEST          -> A:REJECTED
        row 1 A WORKING 0/75              -> A:WORKING !LATE ?cancel
    """)


def test_a_restart_begins_the_quarantine_of_what_was_in_flight() -> None:
    check("""
        sent A BUY 75 @ 100               -> A:IN_FLIGHT SEND
        +100 restart                      -> A:UNKNOWN !UNKNOWN ?read ?read
        +100 book                         ->
        +2 book                           ->
        where A                           -> UNKNOWN 0/75
        +80 book                          ->
        +2 book                           -> A:ABSENT !ABSENT
    """)


def test_a_second_restart_does_not_forget_an_unknown_order() -> None:
    check(
        LOST
        + """
        restart                           -> ?read
        where A                           -> UNKNOWN 0/75
        exposure                          -> 0..75
    """
    )


@pytest.mark.control("C14")
def test_an_untagged_lookalike_keeps_it_unknown_and_blocks_its_symbol() -> None:
    check(
        LOST
        + """
        blocked                           -> none
        book 7 - WORKING 0/75             -> #7:WORKING !LOOKALIKE
        blocked                           -> NFO:NIFTY26NOV26000CE
        exposure                          -> 0..150
        +200 book 7 - WORKING 0/75        ->
        +200 book 7 - WORKING 0/75        ->
        +200 book 7 - WORKING 0/75        ->
        where A                           -> UNKNOWN 0/75
        claim 7 A                         -> A:WORKING
        blocked                           -> none
        exposure                          -> 0..75
    """
    )


def test_a_disowned_lookalike_counts_and_no_longer_holds_the_unknown_one() -> None:
    check(
        LOST
        + """
        book 7 - WORKING 0/75             -> #7:WORKING !LOOKALIKE
        +200 book 7 - WORKING 0/75        ->
        +2 book 7 - WORKING 0/75          ->
        disown 7                          ->
        blocked                           -> none
        +2 book 7 - WORKING 0/75          -> A:ABSENT !ABSENT
        exposure                          -> 0..75
    """
    )


def test_a_garbled_tag_is_as_good_as_none() -> None:
    check(
        LOST
        + """
        book 7 - WORKING 0/75 tag T2EP0010     -> #7:WORKING !LOOKALIKE
        blocked                                -> NFO:NIFTY26NOV26000CE
    """
    )


def test_what_differs_in_side_quantity_price_product_or_tag_is_no_lookalike() -> None:
    check(
        LOST
        + """
        book 7 - WORKING 0/75 SELL        -> #7:WORKING !FOREIGN
        book 8 - WORKING 0/150            -> #8:WORKING !FOREIGN
        book 9 - WORKING 0/75 @ 101       -> #9:WORKING !FOREIGN
        book 10 - WORKING 0/75 MIS        -> #10:WORKING !FOREIGN
        book 11 - WORKING 0/75 tag theirs -> #11:WORKING !FOREIGN
        blocked                           -> none
    """
    )


def test_a_market_order_reads_back_as_limit_and_is_a_lookalike_still() -> None:
    check("""
        sent A BUY 75 @ 0                 -> A:IN_FLIGHT SEND
        answer A lost                     -> A:UNKNOWN !UNKNOWN ?read
        book 7 - WORKING 0/75 @ 204       -> #7:WORKING !LOOKALIKE
    """)


def test_an_order_of_another_hour_is_no_lookalike() -> None:

    for seconds, alarm in ((-181, "FOREIGN"), (-180, "LOOKALIKE"), (180, "LOOKALIKE"), (181, "FOREIGN")):
        story = Story()
        story.say("sent A BUY 75 @ 100")
        story.say("answer A lost")
        row = msgspec.structs.replace(report("7", "WORKING"), ts_event_ns=story.now_ns + seconds * 10**9)
        out = story.blotter.apply(m.Reported(report=row, ts_ns=story.now_ns))
        assert [o.kind for o in out if isinstance(o, m.Alarm)] == [alarm], seconds


def test_an_untagged_row_while_the_answer_is_out_waits_for_it() -> None:
    check("""
        sent A BUY 75 @ 100               -> A:IN_FLIGHT SEND
        row 7 - WORKING 0/75              -> #7:WORKING
        answer A lost                     -> A:UNKNOWN !UNKNOWN ?read !LOOKALIKE
        sent B BUY 75 @ 101               -> B:IN_FLIGHT SEND
        row 8 - WORKING 0/75 @ 101        -> #8:WORKING
        answer B refused MARGIN           -> B:REJECTED !FOREIGN
    """)


def test_a_claim_that_does_not_fit_changes_nothing() -> None:
    check(
        LOST
        + """
        book 7 - WORKING 0/150            -> #7:WORKING !FOREIGN
        claim 7 A                         ->
        claim 99 A                        ->
        where A                           -> UNKNOWN 0/75
        where 7                           -> WORKING 0/150
    """
    )


def test_trades_heard_of_a_stranger_go_with_it_when_it_is_claimed_and_are_told_once() -> None:
    check(
        LOST
        + """
        trades 7:t1:25                    -> fill #7 25 #7:PARTIALLY_FILLED/25 !LOOKALIKE
        row 7 A WORKING 25/75             -> A:PARTIALLY_FILLED/25
        trades 7:t1:25                    ->
        exposure                          -> 25..75
    """
    )


def test_what_was_asked_of_a_stranger_was_asked_of_the_order_that_it_turns_out_to_be() -> None:
    story = Story()
    for line in ("sent A BUY 75 @ 100", "row 7 - WORKING 0/75", "cancel 7", "answer A accepted 7"):
        story.say(line)
    ours, asked_ns = story.blotter.find(tag_of("A")), story.now_ns
    assert ours is not None and ours.cancel is not None
    assert (ours.cancel.asked_ns, ours.cancel_ns) == (asked_ns, asked_ns), "or it would be asked with every message"


def test_a_late_answer_is_still_an_answer() -> None:
    check(
        LOST
        + """
        answer A accepted 1               -> A:SUBMITTED
    """
    )
