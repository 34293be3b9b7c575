"""What is due, in the order of time; at one moment the market first, then by entry."""

from hypothesis import given
from hypothesis import strategies as st

from tarazu.sim.broker.agenda import Agenda, run


class Works:
    """A market that steps every ten, and a record of what happened when."""

    def __init__(self) -> None:
        self.now_ns, self.agenda, self.done = 0, Agenda(), list[tuple[int, str]]()
        self._next_ns = 10

    def go_to(self, now_ns: int) -> None:
        assert now_ns >= self.now_ns
        self.now_ns = now_ns

    def market_ns(self) -> int:
        return self._next_ns

    def step_market(self) -> None:
        self._next_ns += 10
        self.note("market")

    def note(self, what: str) -> None:
        self.done.append((self.now_ns, what))

    def plan(self, ts_ns: int, what: str) -> None:
        self.agenda.at(ts_ns, lambda: self.note(what))


def test_ties_go_to_the_market_and_then_to_the_earlier_entry() -> None:
    works = Works()
    for ts_ns, what in ((20, "late"), (10, "first"), (10, "second"), (5, "early")):
        works.plan(ts_ns, what)
    run(works, 20)
    assert works.done == [(5, "early"), (10, "market"), (10, "first"), (10, "second"), (20, "market"), (20, "late")]
    assert works.now_ns == 20 and works.agenda.next_ns() is None


def test_what_an_action_plans_for_now_is_still_done_now() -> None:
    works = Works()
    works.agenda.at(3, lambda: works.plan(3, "more"))
    run(works, 3)
    assert works.done == [(3, "more")]


def test_what_is_overdue_is_done_at_once_and_the_clock_stays() -> None:
    works = Works()
    run(works, 8)
    works.plan(2, "overdue")
    run(works, 8)
    assert works.done == [(8, "overdue")]


@given(st.lists(st.integers(0, 60), max_size=20), st.lists(st.integers(0, 60), max_size=10))
def test_slices_change_nothing(due: list[int], cuts: list[int]) -> None:
    whole, sliced = Works(), Works()
    for works in (whole, sliced):
        for n, ts_ns in enumerate(due):
            works.plan(ts_ns, f"action {n}")
    run(whole, 60)
    for cut in [*sorted(cuts), 60]:
        run(sliced, cut)
    assert whole.done == sliced.done
