"""How long main's work takes: the worst of now, the 99th percentile of five minutes, and no memory beyond that."""

import random

from tarazu.app.main.timings import SLICE_NS, SLICES, Timing, Timings
from tarazu.app.main.timings_health import TimingPage
from tarazu.model.units import MILLISECOND_NS, SECOND_NS

NOW = 5_000 * SECOND_NS
MS = MILLISECOND_NS


def noted(*took_ns: int, at_ns: int = NOW) -> Timing:
    timing = Timing()
    for ns in took_ns:
        timing.note(ns, at_ns)
    return timing


def test_of_what_was_never_measured_nothing_is_told() -> None:
    assert Timing().page(NOW) == TimingPage()


def test_now_is_the_worst_and_not_the_last() -> None:
    assert noted(3 * MS, 90 * MS, 2 * MS).page(NOW).now_ns == 90 * MS


def test_one_slow_answer_in_two_hundred_is_the_worst_and_is_not_the_percentile() -> None:
    page = noted(*[10 * MS] * 199, 900 * MS).page(NOW)
    assert page.worst_ns == 900 * MS and page.count == 200
    assert page.p99_ns is not None and 10 * MS <= page.p99_ns <= 11.3 * MS


def test_a_percentile_is_never_told_too_low_and_at_most_an_eighth_too_high() -> None:
    """Against the sorted measurements themselves, whatever they are."""
    for seed in range(200):
        chance = random.Random(seed)
        took = [round(chance.lognormvariate(14, 3)) for _ in range(chance.randint(1, 400))]
        exact = sorted(took)[-(-len(took) * 99 // 100) - 1]
        told = noted(*took).page(NOW).p99_ns
        assert told is not None and exact <= told <= exact + exact // 8 + 1, (seed, exact, told)


def test_what_is_over_is_no_longer_now_and_after_five_minutes_is_forgotten() -> None:
    timing = noted(700 * MS)
    later = timing.page(NOW + 2 * SLICE_NS)
    assert later.now_ns is None and later.worst_ns == 700 * MS
    assert timing.page(NOW + SLICES * SLICE_NS) == TimingPage()


def test_a_whole_day_of_measurements_keeps_five_minutes_of_them() -> None:
    timing = Timing()
    for second in range(6 * 3600):
        timing.note(second * 1_000, second * SECOND_NS)
    assert timing.page((6 * 3600 - 1) * SECOND_NS).count == SLICES * SLICE_NS // SECOND_NS


def test_a_request_that_waits_for_its_answer_is_slow_now_and_not_once_it_is_answered() -> None:
    page = Timings().page(NOW, 4 * SECOND_NS)
    assert page.order_ack.now_ns == 4 * SECOND_NS and page.order_ack.worst_ns == 4 * SECOND_NS
    assert page.decision_loop == page.db_write == page.clock_skew == TimingPage()
