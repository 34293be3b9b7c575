"""The broker's clock from whole-second Date headers."""

from email.utils import formatdate

from hypothesis import given
from hypothesis import strategies as st

from tarazu.adapters.kite_broker.clock_offset import OffsetWindow, parse_date
from tarazu.model.outcome import ClockOffset
from tarazu.model.units import MILLISECOND_NS, SECOND_NS

T0 = 1_795_000_000 * SECOND_NS
MS = MILLISECOND_NS


@given(st.integers(0, 4_102_444_800))
def test_a_date_header_is_its_second(second: int) -> None:
    assert parse_date(formatdate(second, usegmt=True).encode()) == second * SECOND_NS


@given(st.binary(max_size=40))
def test_what_is_no_date_is_none(noise: bytes) -> None:
    assert parse_date(noise) is None


def test_a_date_that_no_calendar_has_is_none() -> None:
    for text in (b"Sun, 31 Feb 2026 05:41:00 GMT", b"Sun, 22 Xyz 2026 05:41:00 GMT", b"Sun, 22 Nov 2026 05:41:00 IST"):
        assert parse_date(text) is None


class Broker:
    """Answers with its own clock's whole second, half way between our sending and receiving."""

    def __init__(self, offset_ns: int, rtt_ns: int = 40 * MS) -> None:
        self.offset_ns = offset_ns
        self.rtt_ns = rtt_ns
        self.window = OffsetWindow()

    def ask(self, wall_ns: int, mono_ns: int) -> ClockOffset:
        made_ns = wall_ns + self.rtt_ns // 2 + self.offset_ns
        date_ns = made_ns // SECOND_NS * SECOND_NS
        self.window.add(date_ns, wall_ns, wall_ns + self.rtt_ns, mono_ns)
        best = self.window.best(mono_ns)
        assert best is not None
        return best


def test_one_answer_tells_half_a_second_more_or_less() -> None:
    best = Broker(0).ask(T0 + 500 * MS, 0)
    assert best == ClockOffset(best.offset_ns, 520 * MS, 1)
    assert abs(best.offset_ns) <= best.uncertainty_ns


def test_answers_at_different_moments_of_a_second_tell_it_to_the_round_trip() -> None:
    broker = Broker(-1_234 * MS)
    for i in range(50):
        best = broker.ask(T0 + i * 137 * MS, i * 137 * MS)
    assert abs(best.offset_ns - broker.offset_ns) <= best.uncertainty_ns <= 40 * MS
    assert best.samples == 50


@given(
    offset_ms=st.integers(-5_000, 5_000),
    asks=st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 3_000), st.floats(0, 1)), min_size=1, max_size=90),
)
def test_the_truth_always_lies_within_the_uncertainty(offset_ms: int, asks: list[tuple[int, int, float]]) -> None:
    window, now_ns = OffsetWindow(), 0
    for gap_ms, rtt_ms, at in asks:
        now_ns += gap_ms * MS
        made_ns = T0 + now_ns + round(at * rtt_ms) * MS + offset_ms * MS
        window.add(made_ns // SECOND_NS * SECOND_NS, T0 + now_ns, T0 + now_ns + rtt_ms * MS, now_ns)
        best = window.best(now_ns)
        assert best is not None
        assert abs(best.offset_ns - offset_ms * MS) <= best.uncertainty_ns <= SECOND_NS // 2 + rtt_ms * MS
    assert window.contradictions == 0


def test_an_answer_that_contradicts_the_others_counts_alone() -> None:
    broker = Broker(0)
    for i in range(20):
        broker.ask(T0 + i * 137 * MS, i * 137 * MS)
    broker.offset_ns = 5 * SECOND_NS
    best = broker.ask(T0 + 10 * SECOND_NS, 10 * SECOND_NS)
    assert best.samples == broker.window.contradictions == 1
    assert abs(best.offset_ns - 5 * SECOND_NS) <= best.uncertainty_ns


def test_what_is_left_when_the_tightest_is_forgotten_is_what_the_others_told() -> None:
    window = OffsetWindow(window_ns=60 * SECOND_NS)
    window.add(T0, T0, T0 + MS, 0)
    window.add(T0, T0 + 900 * MS, T0 + 901 * MS, 0)
    window.add(T0 + 30 * SECOND_NS, T0 + 30 * SECOND_NS, T0 + 30 * SECOND_NS + MS, 30 * SECOND_NS)
    assert window.best(59 * SECOND_NS) == ClockOffset(49_500_000, 50_500_000, 3)
    assert window.best(60 * SECOND_NS) == ClockOffset(499_500_000, 500_500_000, 1)


def test_what_is_old_is_forgotten_and_nothing_is_none() -> None:
    window = OffsetWindow(window_ns=10 * SECOND_NS)
    assert window.best(0) is None
    window.add(T0, T0, T0 + MS, 0)
    assert window.best(9 * SECOND_NS) is not None
    assert window.best(10 * SECOND_NS) is None


def test_a_clock_set_back_while_the_request_was_on_its_way_tells_nothing() -> None:
    window = OffsetWindow()
    window.add(T0, T0 + 5 * SECOND_NS, T0, 0)
    assert window.best(0) is None
