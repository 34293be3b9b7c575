"""The diary: one thread tells, in order; a view that fails stops nothing, and is told at the end."""

import threading

import pytest

from tarazu.app.demo.looking.diary import Diary
from tarazu.app.demo.told import DemoTold, FillTold, Happened, Kind, Sample, StepTold
from tarazu.app.verdict import Status


class Heard:
    def __init__(self, fails_at: str = "") -> None:
        self.lines: list[str] = []
        self.threads: set[int] = set()
        self._fails_at = fails_at

    def began(self, told: DemoTold) -> None:
        self._hear("began")

    def step_began(self, step: StepTold) -> None:
        self._hear(f"step {step.step}")

    def said(self, line: str) -> None:
        self._hear(f"said {line}")

    def step_ended(self, step: StepTold) -> None:
        self._hear(f"ended {step.step}")

    def happened(self, what: Happened) -> None:
        self._hear(what.text)

    def sampled(self, sample: Sample) -> None:
        self._hear("sample")

    def ended(self) -> None:
        self._hear("over")

    def _hear(self, line: str) -> None:
        self.threads.add(threading.get_ident())
        self.lines.append(line)
        if line == self._fails_at:
            raise OSError("the view has failed")


@pytest.fixture
def told() -> DemoTold:
    return DemoTold(
        seed=1,
        scenario="normal",
        incident="none",
        speed=1.0,
        day="2026-11-23",
        home="/x",
        version="1",
        began_epoch=0.0,
    )


FILL = FillTold(market_ns=1, key="NFO:X", side="BUY", qty=65, price_paise=1, order_id="1", strategy="s")


def test_what_many_threads_report_is_told_by_one_in_the_order_of_each(told: DemoTold) -> None:
    heard = Heard()
    diary = Diary(told, heard, lambda: 7)
    with diary.open():
        reporters = [
            threading.Thread(target=lambda n=n: [diary.happened(Kind.DESK, Status.OK, f"{n}:{i}") for i in range(50)])
            for n in range(4)
        ]
        for each in reporters:
            each.start()
        for each in reporters:
            each.join()
    assert heard.lines[0] == "began" and heard.lines[-1] == "over" and len(heard.threads) == 1
    assert [each.text for each in told.happened if each.text.startswith("2:")] == [f"2:{i}" for i in range(50)]
    assert heard.lines[1:-1] == [each.text for each in told.happened]


def test_a_view_that_fails_is_asked_no_more_and_everything_is_written_down(told: DemoTold) -> None:
    heard = Heard(fails_at="one")
    diary = Diary(told, heard, lambda: 7)
    with diary.open():
        for text in ("one", "two"):
            diary.happened(Kind.DESK, Status.OK, text)
    assert isinstance(diary.broken, OSError) and "two" not in heard.lines
    assert [each.text for each in told.happened] == ["one", "two"]


def test_the_first_fill_and_the_first_tick_keep_their_time(told: DemoTold) -> None:
    diary = Diary(told, Heard(), lambda: 7)
    with diary.open():
        diary.ticked()
        diary.filled(FILL)
        first = diary.settled().first_fill_s
        diary.filled(FILL)
    assert told.first_tick_s is not None and told.first_fill_s == first and len(told.fills) == 2
