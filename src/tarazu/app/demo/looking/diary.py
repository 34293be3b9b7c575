"""What has happened, written down in order and told to who looks on: by one thread, whoever reports it."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator

from tarazu.app.demo.told import DemoTold, FillTold, Happened, Kind, Onlooker, Sample, StepTold
from tarazu.app.verdict import Status

Clock = Callable[[], int]
"""UTC ns of the market's clock."""


class Diary:
    """`told` is changed by the telling thread alone; read it after `settled`."""

    def __init__(self, told: DemoTold, onlooker: Onlooker, market_ns: Clock) -> None:
        self.told, self._onlooker = told, onlooker
        self.market_ns = market_ns
        self._began = time.monotonic()
        self._waiting: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._tell, name="demo-diary", daemon=True)
        self.broken: BaseException | None = None
        """What the onlooker has raised; it is asked no more, and everything is written down all the same."""

    @contextlib.contextmanager
    def open(self) -> Iterator["Diary"]:
        """All that was reported is told when the block ends, and the terminal is as it was."""
        self._thread.start()
        self._post(lambda: self._show(lambda: self._onlooker.began(self.told)))
        try:
            yield self
        finally:
            self._post(lambda: self._show(self._onlooker.ended))
            self._waiting.put(None)
            self._thread.join()

    def now_s(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def settled(self) -> DemoTold:
        """With everything in it that was reported until now."""
        self._waiting.join()
        return self.told

    # What is reported.

    def step_began(self, step: StepTold) -> None:
        def begin() -> None:
            self.told.steps.append(step)
            self._show(lambda: self._onlooker.step_began(step))

        self._post(begin)

    def step_ended(self, step: StepTold) -> None:
        """The last one that began."""

        def end() -> None:
            self.told.steps[-1] = step
            self._show(lambda: self._onlooker.step_ended(step))

        self._post(end)

    def said(self, line: str) -> None:
        self._post(lambda: self._show(lambda: self._onlooker.said(line)))

    def happened(self, kind: Kind, status: Status, text: str, market_ns: int | None = None) -> None:
        what = Happened(
            at_s=self.now_s(),
            market_ns=self.market_ns() if market_ns is None else market_ns,
            kind=kind,
            status=status,
            text=text,
        )

        def note() -> None:
            self.told.happened.append(what)
            self._show(lambda: self._onlooker.happened(what))

        self._post(note)

    def filled(self, fill: FillTold) -> None:
        at_s = self.now_s()

        def note() -> None:
            self.told.first_fill_s = at_s if self.told.first_fill_s is None else self.told.first_fill_s
            self.told.fills.append(fill)

        self._post(note)

    def ticked(self) -> None:
        """The first recorded frame."""
        at_s = self.now_s()

        def note() -> None:
            self.told.first_tick_s = at_s

        self._post(note)

    def sampled(self, sample: Sample) -> None:
        def note() -> None:
            self.told.samples.append(sample)
            self._show(lambda: self._onlooker.sampled(sample))

        self._post(note)

    # How it is told.

    def _post(self, what: Callable[[], None]) -> None:
        self._waiting.put(what)

    def _tell(self) -> None:
        while True:
            what = self._waiting.get()
            try:
                if what is None:
                    return
                what()
            finally:
                self._waiting.task_done()

    def _show(self, shown: Callable[[], None]) -> None:
        if self.broken is not None:
            return
        try:
            shown()
        except Exception as broken:  # noqa: BLE001 - a view that fails ends no trading; the walk raises it at its end
            self.broken = broken
