"""Orders nobody here decided: adopted, counted, told of."""

import pytest

from harness.order_story import check


@pytest.mark.control("C30")
def test_an_order_by_hand_is_counted_and_told_of_once() -> None:
    check("""
        row 7 - WORKING 0/75              -> #7:WORKING !FOREIGN
        row 7 - WORKING 25/75             -> #7:PARTIALLY_FILLED/25
        exposure                          -> 25..75
        trades 7:t1:25                    -> fill #7 25
        book 7 - FILLED 75/75 , 8 - FILLED 50/50 SELL  -> #7:FILLED/75 #8:FILLED/50 !FOREIGN
        exposure                          -> 25..25
        restart                           -> ?read
        book 7 - FILLED 75/75             ->
    """)


def test_a_foreign_order_can_be_canceled_like_ours() -> None:
    check("""
        row 7 - WORKING 0/75              -> #7:WORKING !FOREIGN
        cancel 7                          -> #7:PENDING_CANCEL CANCEL
        canceled 7 accepted 7             ->
        row 7 - CANCELED 0/75             -> #7:CANCELED
        exposure                          -> 0..75
        +120 book 7 - CANCELED 0/75       ->
        exposure                          -> 0..0
    """)


@pytest.mark.control("C30")
def test_our_tag_without_an_intent_is_another_instance_or_a_lost_journal() -> None:
    check("""
        row 7 Q WORKING 0/75              -> !NO_INTENT #7:WORKING
        exposure                          -> 0..75
    """)


@pytest.mark.control("C30", "C18")
def test_two_orders_with_one_tag_are_both_counted_and_told() -> None:
    check("""
        sent A BUY 75 @ 100               -> A:IN_FLIGHT SEND
        answer A accepted 1               -> A:SUBMITTED
        row 1 A WORKING 0/75              -> A:WORKING
        row 2 A WORKING 0/75              -> !DOUBLED #2:WORKING
        exposure                          -> 0..150
    """)


def test_an_answer_that_names_another_order_than_the_book_is_told() -> None:
    check("""
        sent A BUY 75 @ 100               -> A:IN_FLIGHT SEND
        row 1 A WORKING 0/75              -> A:WORKING
        answer A accepted 2               -> !DOUBLED
    """)


def test_our_tag_on_the_wrong_side_is_not_our_order_and_proves_no_absence() -> None:
    check("""
        sent A BUY 75 @ 100               -> A:IN_FLIGHT SEND
        answer A lost                     -> A:UNKNOWN !UNKNOWN ?read
        book 1 A WORKING 0/75 SELL        -> !TAG_MISMATCH #1:WORKING
        +200 book 1 A WORKING 0/75 SELL   ->
        +2 book 1 A WORKING 0/75 SELL     ->
        +2 book 1 A WORKING 0/75 SELL     ->
        where A                           -> UNKNOWN 0/75
        exposure                          -> -75..75
    """)


def test_a_trade_of_an_order_never_seen_is_counted() -> None:
    check("""
        trades 9:t1:75                    -> fill #9 75 #9:PARTIALLY_FILLED/75 !FOREIGN
        exposure                          -> 75..75
        book 9 - FILLED 75/75             -> #9:FILLED/75
        exposure                          -> 75..75
    """)
