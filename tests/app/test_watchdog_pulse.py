"""Alive, at work, or neither: by what a process says of itself, counted in the watchdog's own passes."""

from harness.main_health import well
from tarazu.app.main.health import Stage
from tarazu.app.watchdog.pulse import BEGIN_NS, HUNG_NS, Pulse, Sign, Silence, Vital, sign_of_main, sign_of_start
from tarazu.model.units import SECOND_NS

PASS_NS = SECOND_NS // 2


def sign(mark: int = 1, **told: object) -> Sign:
    return Sign(**({"pid": 7, "exists": True, "has_spoken": True, "mark": mark, "told": "RUNNING"} | told))  # type: ignore[arg-type]


class Passes:
    """Passes half a second apart."""

    def __init__(self) -> None:
        self.vital, self.now_ns = Vital(), 0

    def judge(self, seen: Sign | None, count: int = 1) -> Pulse:
        for _ in range(count):
            self.now_ns += PASS_NS
            pulse, _ = self.vital.judge(seen, self.now_ns)
        return pulse


def test_work_that_goes_on_is_well_for_ever() -> None:
    passes = Passes()
    assert {passes.judge(sign(mark)) for mark in range(100)} == {Pulse.WELL}


def test_no_work_for_eight_seconds_of_watching_is_a_hang() -> None:
    passes = Passes()
    assert passes.judge(sign(), HUNG_NS // PASS_NS) is Pulse.WELL
    assert passes.judge(sign()) is Pulse.HUNG
    assert passes.judge(sign(2)) is Pulse.WELL


def test_a_machine_that_stood_still_with_the_watchdog_has_hung_nobody() -> None:
    passes = Passes()
    passes.judge(sign(), 2)
    passes.now_ns += 3_600 * SECOND_NS
    assert passes.judge(sign()) is Pulse.WELL


def test_gone_unasked_is_dead_and_gone_when_asked_is_not() -> None:
    assert Passes().judge(sign(exists=False)) is Pulse.DEAD
    assert Passes().judge(sign(exists=False, ended=True)) is Pulse.ABSENT
    assert Passes().judge(None) is Pulse.ABSENT


def test_a_start_has_two_minutes_to_say_a_word_unless_it_is_stopped() -> None:
    passes = Passes()
    assert passes.judge(sign_of_start(7, stopped=False, seconds=0), BEGIN_NS // PASS_NS) is Pulse.STARTING
    assert passes.judge(sign_of_start(7, stopped=False, seconds=0)) is Pulse.HUNG
    passes = Passes()
    passes.judge(sign_of_start(7, stopped=False, seconds=0), 60)
    assert passes.judge(sign_of_start(7, stopped=True, seconds=30), HUNG_NS // PASS_NS) is Pulse.WELL
    assert passes.judge(sign_of_start(7, stopped=True, seconds=38)) is Pulse.HUNG


def test_mains_work_is_its_second_and_not_its_health_file() -> None:
    ticking = well(ticked_mono_ns=5)
    assert sign_of_main(ticking, True).mark == 5, "the file is written on by a process whose engine stands still"
    recovering = well(stage=Stage.RECOVERING, ticked_mono_ns=None)
    assert sign_of_main(recovering, True).mark == recovering.mono_ns


class Silent:
    def __init__(self) -> None:
        self.silence, self.now_ns = Silence(), 0

    def look(self, count: int, **health: object) -> int:
        for _ in range(count):
            self.now_ns += PASS_NS
            self.silence.look(well(**health) if health else None, True, self.now_ns)
        return self.silence.ns // SECOND_NS


def test_silence_is_counted_since_the_engines_last_second_whatever_the_reason() -> None:
    silent = Silent()
    assert silent.look(20, ticked_mono_ns=1) == 9
    assert silent.look(1, ticked_mono_ns=2) == 0
    assert silent.look(4, stage=Stage.STOPPING, ticked_mono_ns=3) == 2, "a main that stops looks after nothing"
    assert silent.look(4, stage=Stage.RECOVERING, pid=8, ticked_mono_ns=None) == 4
    assert silent.look(1, pid=8, ticked_mono_ns=4) == 0


def test_a_main_that_never_ran_is_silent_since_the_watchdog_began() -> None:
    assert Silent().look(21) == 10
