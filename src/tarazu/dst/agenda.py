"""Simulated time: what is to happen, in order, and nothing in between."""

from collections.abc import Callable
from heapq import heappop, heappush

Thing = Callable[[], object]


class Agenda:
    """Things that are due at one moment happen in the order in which they were planned."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns
        self._due: list[tuple[int, int, Thing]] = []
        self._planned = 0

    def at(self, ns: int, thing: Thing) -> None:
        """Never in the past: what would be is now."""
        self._planned += 1
        heappush(self._due, (max(ns, self.now_ns), self._planned, thing))

    def after(self, ns: int, thing: Thing) -> None:
        self.at(self.now_ns + ns, thing)

    def next(self, until_ns: int) -> Thing | None:
        """What comes next, its moment being now; None when nothing comes before `until_ns`."""
        if not self._due or self._due[0][0] >= until_ns:
            self.now_ns = max(self.now_ns, until_ns)
            return None
        self.now_ns, _, thing = heappop(self._due)
        return thing
