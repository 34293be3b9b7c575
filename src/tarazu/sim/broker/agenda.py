"""What the broker has yet to do, in the order of time: a heap of (ts_ns, seq, action)."""

import heapq
from collections.abc import Callable
from typing import Protocol

Action = Callable[[], None]


class Agenda:
    """Actions by due time; those due at the same moment run in the order in which they were entered."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Action]] = []
        self._seq = 0

    def at(self, ts_ns: int, action: Action) -> None:
        """Enter `action` for `ts_ns`."""
        heapq.heappush(self._heap, (ts_ns, self._seq, action))
        self._seq += 1

    def next_ns(self) -> int | None:
        """When the first action is due; None when there is none."""
        return self._heap[0][0] if self._heap else None

    def pop(self) -> Action:
        """Take out the first action; there must be one."""
        return heapq.heappop(self._heap)[2]

    def __len__(self) -> int:
        return len(self._heap)


class Clockwork(Protocol):
    """What `run` drives: a market that steps and an agenda that is due, on one clock."""

    @property
    def now_ns(self) -> int: ...
    @property
    def agenda(self) -> Agenda: ...
    def go_to(self, now_ns: int) -> None:
        """Set the clock."""
        ...

    def market_ns(self) -> int | None:
        """When the market next steps; None when it never will."""
        ...

    def step_market(self) -> None: ...


def run(works: Clockwork, to_ns: int) -> None:
    """Do everything due up to and including `to_ns` strictly in time order; at one moment the market goes first.

    What is due depends on time alone, so any slicing of a stretch of time does the same things in the same order.
    """
    assert to_ns >= works.now_ns, "time does not run backwards"
    while True:
        market_ns, agenda_ns = works.market_ns(), works.agenda.next_ns()
        if market_ns is not None and market_ns <= to_ns and (agenda_ns is None or market_ns <= agenda_ns):
            works.go_to(max(works.now_ns, market_ns))
            works.step_market()
        elif agenda_ns is not None and agenda_ns <= to_ns:
            works.go_to(max(works.now_ns, agenda_ns))
            works.agenda.pop()()
        else:
            works.go_to(to_ns)
            return
