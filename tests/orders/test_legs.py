"""Hedges first; the mains only as far as they are covered; and what happens when a leg fails, case by case."""

import pytest

from harness.order_story import Story, tag_of
from tarazu.orders.legs import MOVES, Leg, Move, MultiLeg, Stand, next_step

LONG, SHORT = tag_of("H"), tag_of("M")


def spread(*, hedge: bool, main: bool, trim: bool = False, keep: bool = False) -> MultiLeg:
    """Two sets: buy 150, then sell 150."""
    return MultiLeg(
        group="spread",
        sets=2,
        hedges=(Leg(name="long", per_set=75, refs=(LONG,) * hedge, trims=(tag_of("T"),) * trim),),
        mains=(Leg(name="short", per_set=75, refs=(SHORT,) * main),),
        keep_hedges=keep,
    )


# What has happened to the hedge, and to the main; what is next; and what when it is overdue.
CASES = """
    nothing                    | nothing                   | SEND_HEDGES long 150 | SEND_HEDGES long 150
    sent                       | nothing                   | WAIT                 | WAIT
    lost                       | nothing                   | WAIT                 | WAIT
    WORKING 75/150             | nothing                   | WAIT                 | CANCEL_HEDGES
    FILLED 150/150             | nothing                   | SEND_MAINS short 150 | SEND_MAINS short 150
    CANCELED 75/150            | nothing                   | SEND_MAINS short 75  | SEND_MAINS short 75
    CANCELED 100/150           | nothing                   | SEND_MAINS short 75  | SEND_MAINS short 75
    CANCELED 50/150            | nothing                   | TRIM_HEDGES long 50  | TRIM_HEDGES long 50
    REJECTED 0/150             | nothing                   | ABANDON              | ABANDON
    FILLED 150/150             | sent                      | WAIT                 | WAIT
    FILLED 150/150             | lost                      | WAIT                 | WAIT
    FILLED 150/150             | WORKING 75/150            | WAIT                 | CANCEL_MAINS
    FILLED 150/150             | FILLED 150/150            | DONE                 | DONE
    FILLED 150/150             | CANCELED 75/150           | WAIT                 | WAIT
    FILLED 150/150             | CANCELED 75/150 cooled    | TRIM_HEDGES long 75  | TRIM_HEDGES long 75
    FILLED 150/150             | CANCELED 100/150 cooled   | DONE                 | DONE
    FILLED 150/150             | CANCELED 0/150 cooled     | TRIM_HEDGES long 150 | TRIM_HEDGES long 150
    FILLED 150/150             | refused                   | TRIM_HEDGES long 150 | TRIM_HEDGES long 150
    CANCELED 100/150           | FILLED 75/75              | TRIM_HEDGES long 25  | TRIM_HEDGES long 25
    CANCELED 75/150            | refused                   | TRIM_HEDGES long 75  | TRIM_HEDGES long 75
    CANCELED 75/150            | WORKING 0/75              | WAIT                 | CANCEL_MAINS
"""


def lived(story: Story, name: str, side: str, what: str) -> bool:
    """Let `what` happen to the order `name`; whether it was sent at all."""
    if what == "nothing":
        return False
    word, *rest = what.split()
    story.say(f"sent {name} {side} {rest[0].split('/')[1] if rest else 150} @ 100")
    if word == "lost":
        story.say(f"answer {name} lost")
    elif word == "refused":
        story.say(f"answer {name} refused MARGIN")
    elif word != "sent":
        row = f"{ord(name)} {name} {word} {rest[0]} {side}"
        story.say(f"book {row}")
        if "cooled" in rest:
            story.say(f"+120 book {row}")
    return True


def told(plan: MultiLeg, story: Story, *, overdue: bool = False) -> str:
    step = next_step(plan, story.blotter, overdue=overdue)
    return " ".join([step.move, *(f"{name} {qty}" for name, qty in step.qty.items())])


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_each_way_it_can_go_has_its_next_step(case: str) -> None:
    hedge, main, now, overdue = (part.strip() for part in case.split("|"))
    story = Story()
    plan = spread(hedge=lived(story, "H", "BUY", hedge), main=lived(story, "M", "SELL", main))
    assert told(plan, story) == now
    assert told(plan, story, overdue=True) == overdue


def test_hedges_may_be_kept() -> None:
    story = Story()
    lived(story, "H", "BUY", "FILLED 150/150")
    lived(story, "M", "SELL", "refused")
    assert told(spread(hedge=True, main=True, keep=True), story) == "DONE"


def test_what_is_being_taken_back_is_not_taken_back_again() -> None:
    story = Story()
    lived(story, "H", "BUY", "FILLED 150/150")
    lived(story, "M", "SELL", "refused")
    plan = spread(hedge=True, main=True, trim=True)
    lived(story, "T", "SELL", "sent")
    assert told(plan, story) == "WAIT"
    story.say("answer T lost")
    assert told(plan, story) == "WAIT"
    story.say("row 84 T CANCELED 100/150 SELL")
    assert told(plan, story) == "DONE"  # the remainder may still fill
    story.say("+120 book 84 T CANCELED 100/150 SELL, 72 H FILLED 150/150")
    assert told(plan, story) == "TRIM_HEDGES long 50"


def test_mains_without_hedges_are_a_bug_of_ours() -> None:
    story = Story()
    lived(story, "M", "SELL", "sent")
    with pytest.raises(AssertionError, match="mains without hedges"):
        told(spread(hedge=False, main=True), story)


def test_a_hedge_is_never_sold_while_a_main_may_come() -> None:
    for (_, mains), move in MOVES.items():
        assert move is not Move.TRIM_HEDGES or mains in (Stand.FULL, Stand.SHORT, Stand.NOTHING)
