"""What every command prints, word for word."""

import json

import pytest

from tarazu.app.home import Profile
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst
from tarazu.model.units import MILLISECOND_NS, SECOND_NS

NOW = 1_795_411_051 * SECOND_NS  # Mon 2026-11-23 10:47:31 IST

STALE = Check(
    id="feed.options",
    status=Status.CRIT,
    code="FEED_STALE",
    detail="PARTIAL_MUTE, 41 of 214 silent",
    observed=11.84,
    limit=2.0,
    unit="s",
    since_epoch=1_795_411_040.0,
    hint="tarazu up depth_ws",
)


def verdict(*checks: Check, **more: object) -> Verdict:
    status = worst(checks)
    said = {"word": status.name, "exit_code": exit_of(status), "summary": "market OPEN"} | more
    return Verdict(command="feed.status", profile=Profile.LIVE, now_ns=NOW, checks=checks, **said)  # type: ignore[arg-type]


def test_line_1_is_the_verdict_with_profile_time_and_epoch_and_the_last_is_the_exit_code() -> None:
    assert verdict().text() == ("OK  LIVE  market OPEN  Mon 2026-11-23 10:47:31 IST (epoch 1795411051.0)\nexit 0")


def test_what_is_not_of_this_moment_says_how_old_it_is() -> None:
    told = verdict(age_ns=800 * MILLISECOND_NS)
    assert told.headline.endswith("(epoch 1795411051.0)  as of 0.8 s ago")
    assert json.loads(told.json())["age_sec"] == 0.8


def test_a_problem_says_what_was_seen_the_limit_since_when_and_what_to_run() -> None:
    assert verdict(STALE, body=("FEED  ...",), tail=("next: look",)).text() == (
        "CRIT  LIVE  market OPEN  Mon 2026-11-23 10:47:31 IST (epoch 1795411051.0)\n"
        "FEED  ...\n"
        "CRIT    feed.options       FEED_STALE: PARTIAL_MUTE, 41 of 214 silent; 11.84 s, limit 2 s; since 10:47:20\n"
        "                           fix  tarazu up depth_ws\n"
        "next: look\n"
        "exit 2"
    )


def test_what_is_in_order_takes_no_line_and_what_was_not_looked_at_says_why() -> None:
    told = verdict(
        Check(id="breaker", status=Status.OK, detail="closed"),
        Check(id="order_ack_ms", status=Status.SKIP, detail="main does not run"),
    ).text()
    assert told.splitlines()[1:] == ["skip    order_ack_ms       main does not run", "exit 0"]


def test_another_days_beginning_is_told_with_its_date() -> None:
    old = Check(id="breaker", status=Status.CRIT, since_epoch=1_795_411_040.0 - 3 * 86_400)
    assert "since 2026-11-20 10:47:20" in verdict(old).text()


def test_a_long_id_does_not_run_into_its_text() -> None:
    assert (
        "tick_lag_sec.cross_asset slow"
        in verdict(Check(id="tick_lag_sec.cross_asset", status=Status.WARN, detail="slow")).text()
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [(120_334, "120,334"), (11.840000001, "11.84"), (2.0, "2"), (0, "0"), (0.0004, "0"), ("BACKOFF", "BACKOFF")],
)
def test_numbers_are_told_to_three_decimals(value: float | int | str, told: str) -> None:
    assert verdict(Check(id="x", status=Status.WARN, observed=value)).text().splitlines()[1].split() == [
        "WARN",
        "x",
        told,
    ]


def test_a_text_from_outside_cannot_forge_a_line() -> None:
    forged = Check(id="stage", status=Status.CRIT, detail="broker says\nOK  LIVE  all is well\x1b[2J", hint="a\rb")
    lines = verdict(forged, summary="a\nREADY").text().splitlines()
    assert len(lines) == 4
    assert "broker says\\nOK  LIVE  all is well\\x1b[2J" in lines[1]
    assert "\x1b" not in "".join(lines)


def test_json_is_one_line_with_the_schema_the_mode_and_all_checks() -> None:
    text = verdict(STALE, facts={"market_open": True}).json()
    assert "\n" not in text
    assert json.loads(text) == {
        "schema": "tarazu.feed.status/1",
        "verdict": "CRIT",
        "exit_code": 2,
        "mode": "LIVE",
        "as_of_epoch": 1795411051.0,
        "as_of_ist": "2026-11-23T10:47:31+0530",
        "summary": "market OPEN",
        "checks": [
            {
                "id": "feed.options",
                "status": "CRIT",
                "observed": 11.84,
                "limit": 2.0,
                "unit": "s",
                "since_epoch": 1795411040.0,
                "code": "FEED_STALE",
                "detail": "PARTIAL_MUTE, 41 of 214 silent",
                "hint": "tarazu up depth_ws",
            }
        ],
        "market_open": True,
    }


def test_facts_replace_no_member_of_the_contract() -> None:
    with pytest.raises(AssertionError):
        verdict(facts={"verdict": "OK"}).json()


@pytest.mark.parametrize(
    ("found", "amounts_to", "code"),
    [
        ((), Status.OK, Exit.OK),
        ((Status.SKIP, Status.OK), Status.OK, Exit.OK),
        ((Status.SKIP,), Status.OK, Exit.OK),
        ((Status.OK, Status.WARN), Status.WARN, Exit.WARN),
        ((Status.WARN, Status.UNKNOWN), Status.UNKNOWN, Exit.UNKNOWN),
        ((Status.UNKNOWN, Status.CRIT, Status.WARN), Status.CRIT, Exit.CRIT),
    ],
)
def test_a_known_breach_outweighs_what_is_not_known(found: tuple[Status, ...], amounts_to: Status, code: Exit) -> None:
    checks = tuple(Check(id=str(n), status=s) for n, s in enumerate(found))
    assert worst(checks) is amounts_to
    assert exit_of(amounts_to) is code


def test_show_prints_and_returns_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict(STALE).show(as_json=False) == 2
    assert capsys.readouterr().out == verdict(STALE).text() + "\n"
    assert verdict(STALE).show(as_json=True) == 2
    assert capsys.readouterr().out == verdict(STALE).json() + "\n"
