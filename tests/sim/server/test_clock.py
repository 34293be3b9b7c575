import pytest

from tarazu.model.units import DAY_NS, SECOND_NS
from tarazu.sim.server.clock import VirtualClock


class RealTime:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.ns = 7_000

    def __call__(self) -> int:
        return self.ns


def clock_at(start_ns: int, rate: float = 1.0) -> tuple[VirtualClock, RealTime]:
    real = RealTime()
    return VirtualClock(start_ns, rate, monotonic_ns=real, wall_ns=lambda: 99), real


@pytest.mark.parametrize(("rate", "virtual_s"), [(1.0, 10), (60.0, 600), (0.5, 5)])
def test_virtual_time_is_real_time_times_the_rate(rate: float, virtual_s: int) -> None:
    clock, real = clock_at(1_000, rate)
    real.ns += 10 * SECOND_NS
    assert clock.now_ns() == 1_000 + virtual_s * SECOND_NS


def test_a_paused_clock_stands_and_goes_on_from_where_it_stood() -> None:
    clock, real = clock_at(0)
    real.ns += SECOND_NS
    clock.change(paused=True)
    real.ns += SECOND_NS
    assert clock.now_ns() == SECOND_NS
    clock.change(paused=False)
    real.ns += SECOND_NS
    assert clock.now_ns() == 2 * SECOND_NS


def test_a_change_of_rate_never_moves_the_present() -> None:
    clock, real = clock_at(0, 60.0)
    real.ns += SECOND_NS
    clock.change(rate=1.0)
    assert clock.now_ns() == 60 * SECOND_NS
    real.ns += SECOND_NS
    assert clock.now_ns() == 61 * SECOND_NS


def test_the_clock_jumps_forward_and_refuses_the_past() -> None:
    clock, _ = clock_at(0)
    clock.change(jump_to_ns=5 * SECOND_NS)
    assert clock.now_ns() == 5 * SECOND_NS
    for refused_ns in (4 * SECOND_NS, 400 * DAY_NS):
        with pytest.raises(ValueError, match="forward only"):
            clock.change(jump_to_ns=refused_ns, rate=60.0, paused=True)
    assert (clock.now_ns(), clock.rate, clock.paused) == (5 * SECOND_NS, 1.0, False)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_a_rate_that_makes_no_sense_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        clock_at(0, rate)


def test_another_process_can_tell_the_time_from_what_is_published() -> None:
    clock, real = clock_at(1_000, 60.0)
    seq = clock.origin.seq
    clock.change(jump_to_ns=2_000)
    real.ns += 50
    seen = clock.origin
    assert seen.seq > seq
    assert seen.origin_virtual_ns + round((real.ns - seen.origin_real_ns) * seen.rate) == clock.now_ns() == 5_000


def test_a_virtual_delay_is_waited_for_in_real_time() -> None:
    clock, _ = clock_at(0, 60.0)
    assert clock.real_s(30 * SECOND_NS) == 0.5
