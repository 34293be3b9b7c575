"""The trail of a family: previous and next go along it, as in a browser, and a promotion cuts off what was ahead."""

from hypothesis import given
from hypothesis import strategies as st

from tarazu.app.models.moving.trail import Act, Change, Trail, trail


def walked(story: str) -> str:
    """`+A` promotes, `<` and `>` go back and on, `-` is none; what is active at the end, `.` for none."""
    found, told = Trail(), list[Change]()
    for word in story.split():
        before = found.active
        act, now = _read(word, found)
        told.append(Change(ts_ns=len(told), who="asha", act=act, was=before, now=now, why=""))
        found = trail(told)
    return found.active or "."


def _read(word: str, found: Trail) -> tuple[Act, str]:
    match word[0]:
        case "+":
            return Act.PROMOTE, word[1:]
        case "<":
            return Act.BACK, found.previous
        case ">":
            return Act.FORWARD, found.next
        case _:
            return Act.NONE, ""


STORIES = """
+A                    A
+A +B                 B
+A +B <               A
+A +B < >             B
+A +B +C < <          A
+A +B +C < < > >      C
+A +B < +C            C
+A +B < +C <          A
+A -                  .
+A - <                A
+A - +A               A
+A +B +A < >          A
+A +B - < <           A
+A +B +A <            B
+A +B +A < <          A
"""


def test_every_story_ends_where_a_person_would_expect() -> None:
    for line in STORIES.strip().splitlines():
        *story, end = line.split()
        assert walked(" ".join(story)) == end, line


def test_before_the_first_and_after_the_last_there_is_nothing() -> None:
    first = Trail().promoted("A")
    assert first.previous == first.next == "" and Trail().previous == ""
    assert first.promoted("B").moved("A", Act.BACK).promoted("C").next == "", "what was ahead is cut off"


@given(st.lists(st.sampled_from(["A", "B", "C", "D"]), min_size=1, max_size=8), st.data())
def test_as_far_forward_as_back_is_where_one_was(promoted: list[str], data: st.DataObject) -> None:
    found = Trail()
    for one in promoted:
        found = found.promoted(one)
    whole, steps = found, data.draw(st.integers(0, len(found.steps) - 1))
    for _ in range(steps):
        found = found.moved(found.previous, Act.BACK)
    for _ in range(steps):
        found = found.moved(found.next, Act.FORWARD)
    assert found.active == whole.active
