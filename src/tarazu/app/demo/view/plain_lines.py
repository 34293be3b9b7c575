"""The demo as lines: one for each step that has ended and for each event. For logs, pipes and small terminals."""

from typing import TextIO

from tarazu.app.demo.told import DemoTold, Happened, Sample, StepTold
from tarazu.app.demo.view.words import event_line, head_line, step_line


class PlainLines:
    """Only what prints, and nothing that moves a cursor. What the stream's encoding lacks is written as an escape.

    A reader that has gone away stops nothing of the demo: the rest is written nowhere.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._gone = stream, False
        self._under_way: StepTold | None = None

    def began(self, told: DemoTold) -> None:
        self._write(f"tarazu demo, SIM, market day {told.day}: {head_line(told)}")

    def step_began(self, step: StepTold) -> None:
        self._under_way = step

    def said(self, line: str) -> None:
        """Its first line is told when the step has ended."""

    def step_ended(self, step: StepTold) -> None:
        self._under_way = None
        self._write(step_line(step, step.began_s + step.took_s))

    def happened(self, what: Happened) -> None:
        self._write(event_line(what))

    def sampled(self, sample: Sample) -> None:
        """Several a second: what matters of them happens."""

    def ended(self) -> None:
        """Called twice as good as once."""
        if self._under_way is not None:
            self.step_ended(self._under_way)

    def _write(self, line: str) -> None:
        if self._gone:
            return
        encoding = self._stream.encoding or "utf-8"
        try:
            print(line.encode(encoding, "backslashreplace").decode(encoding), file=self._stream, flush=True)
        except OSError:
            self._gone = True
