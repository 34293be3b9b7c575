"""When an alert goes out: at once, after a failure, again until somebody has it; and when others have it, too."""

import msgspec
import pytest

from tarazu.app.alerts.alert import Alert, Kept, Sending, Severity
from tarazu.app.alerts.due import RETRY_S, TEST, TRIED_NS, UNREACHED_TRIES, is_due, must_escalate
from tarazu.app.settings import AlertSettings
from tarazu.model.units import SECOND_NS

NOW_NS = 1_795_411_800_000_000_000
SETTINGS = AlertSettings(sev1_repeat_s=60, sev2_repeat_s=300, escalate_s=600)


def kept(severity: Severity = "SEV1", code: str = "HARD_HALT", **sending: int) -> Kept:
    """Posted at NOW_NS; tried on the channel `a` as told."""
    alert = Alert(code, severity, "text", "key")
    sendings = {"a": Sending(**sending)} if sending else {}  # type: ignore[arg-type]
    return Kept(id="AL-20261123-001", alert=alert, who="w", first_ns=NOW_NS, last_ns=NOW_NS, sendings=sendings)


def due_after(one: Kept, seconds: float) -> bool:
    return is_due(one, "a", SETTINGS, NOW_NS + round(seconds * SECOND_NS))


@pytest.mark.parametrize("severity", ["SEV1", "SEV2", "SEV3", "INFO"])
@pytest.mark.control("C27")
def test_whatever_was_posted_goes_out_at_once(severity: Severity) -> None:
    assert due_after(kept(severity), 0)


@pytest.mark.parametrize("tries", range(1, len(RETRY_S) + 2))
def test_what_did_not_arrive_is_tried_again_later_and_later_and_never_given_up(tries: int) -> None:
    wait_s = RETRY_S[min(tries, len(RETRY_S)) - 1]
    failed = kept(tries=tries, tried_ns=NOW_NS)
    assert not due_after(failed, wait_s - 0.1)
    assert due_after(failed, wait_s)


@pytest.mark.parametrize(("severity", "repeat_s"), [("SEV1", 60), ("SEV2", 300)])
@pytest.mark.control("C27")
def test_what_arrived_is_sent_again_until_somebody_has_it(severity: Severity, repeat_s: int) -> None:
    arrived = kept(severity, arrived=1, tried_ns=NOW_NS, arrived_ns=NOW_NS)
    assert not due_after(arrived, repeat_s - 0.1)
    assert due_after(arrived, repeat_s)
    assert not due_after(msgspec.structs.replace(arrived, acked_by="asha"), repeat_s)


@pytest.mark.parametrize("severity", ["SEV3", "INFO"])
def test_what_needs_nobody_is_sent_once_and_not_tried_for_days(severity: Severity) -> None:
    assert not due_after(kept(severity, arrived=1, tried_ns=NOW_NS), 100_000)
    assert not is_due(kept(severity, tries=9, tried_ns=NOW_NS), "a", SETTINGS, NOW_NS + TRIED_NS + 1)
    assert not is_due(kept(severity), "a", SETTINGS, NOW_NS + TRIED_NS + 1)


def test_a_clock_that_went_back_sends_twice_rather_than_never() -> None:
    assert due_after(kept(arrived=1, tried_ns=NOW_NS), -3_600)
    assert due_after(kept(tries=5, tried_ns=NOW_NS), -3_600)


def test_a_test_is_sent_by_its_own_command() -> None:
    assert not due_after(kept("INFO", TEST), 0)


def escalates(one: Kept, seconds: float = 1) -> bool:
    return must_escalate(one, ["a", "b"], SETTINGS, NOW_NS + round(seconds * SECOND_NS))


@pytest.mark.control("C27")
def test_what_nobody_has_after_the_time_goes_to_the_second_list_once() -> None:
    arrived = kept(arrived=1, tried_ns=NOW_NS)
    assert not escalates(arrived, 599) and escalates(arrived, 600)
    assert not escalates(msgspec.structs.replace(arrived, acked_by="asha"), 600)
    assert not escalates(msgspec.structs.replace(arrived, escalated_ns=NOW_NS), 700)
    assert not escalates(kept("SEV3"), 10_000)


def test_what_the_first_list_cannot_take_goes_to_the_second_at_once() -> None:
    failing = {"a": Sending(tries=UNREACHED_TRIES), "b": Sending(tries=UNREACHED_TRIES)}
    one = msgspec.structs.replace(kept(), sendings=failing)
    assert escalates(one)
    assert not escalates(msgspec.structs.replace(one, sendings={**failing, "b": Sending(tries=1, arrived=1)}))
    assert not escalates(msgspec.structs.replace(one, sendings={"a": failing["a"]})), "b was not tried yet"
