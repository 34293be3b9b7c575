"""What a person pastes after Kite's login, and how long a token lives."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.app.secrets.store import Name, Secret, Secrets
from tarazu.app.session.issued import Issued, expiry_ns, fingerprint, issued, last_issued
from tarazu.app.session.pasted import BadPaste, request_token
from tarazu.app.session.told import span
from tarazu.model import ist
from tarazu.model.units import HOUR_NS, SECOND_NS

TOKEN = "AbCd1234efGh5678AbCd1234efGh5678"


@pytest.mark.parametrize(
    "pasted",
    [
        TOKEN,
        f"  {TOKEN}\n",
        f'"{TOKEN}"',
        f"https://127.0.0.1/?action=login&type=login&status=success&request_token={TOKEN}",
        f"http://localhost:8000/cb?x=1&request_token={TOKEN}&status=success#top",
        f"request_token={TOKEN}&action=login",
        f"<https://my.desk/?request_token={TOKEN}>",
    ],
)
def test_the_request_token_is_found_bare_or_in_the_address(pasted: str) -> None:
    assert request_token(pasted) == Secret(TOKEN)


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        ("", "nothing was pasted"),
        ("   \n", "nothing was pasted"),
        ("https://kite.zerodha.com/connect/login?v=3&api_key=hunter2", "has no request_token"),
        ("https://127.0.0.1/?status=cancelled&hunter2=1", "did not succeed"),
        (f"https://127.0.0.1/?access_token={TOKEN}", "that is an access token"),
        (f"https://x/?request_token={TOKEN}&request_token=hunter22", "more than one"),
        ("hunter2 hunter2", "holds no request token"),
        ("x" * 5000, "no address and no request token"),
        ("https://[hunter2", "holds no|has no|does not read"),
    ],
)
def test_anything_else_is_refused_and_not_quoted(pasted: str, told: str) -> None:
    with pytest.raises(BadPaste, match=told) as bad:
        request_token(pasted)
    assert "hunter2" not in str(bad.value) and TOKEN not in str(bad.value)


@given(st.text(max_size=60))
def test_whatever_is_pasted_it_is_a_token_or_a_bad_paste(pasted: str) -> None:
    try:
        found = request_token(pasted)
    except BadPaste:
        return
    assert found.reveal() in pasted


def at(clock: str, day: int = 23) -> int:
    return ist.at_ns(date(2026, 11, day), time.fromisoformat(clock))


@pytest.mark.parametrize(
    ("now", "dies"),
    [
        (at("08:46"), at("06:00", 24)),
        (at("23:59:59"), at("06:00", 24)),
        (at("00:30"), at("06:00")),
        (at("05:59:59"), at("06:00")),
        (at("06:00"), at("06:00", 24)),
    ],
)
def test_a_token_dies_at_the_next_six_in_the_morning_of_india(now: int, dies: int) -> None:
    assert expiry_ns(now) == dies


def secrets(token: str, line: str) -> Secrets:
    return Secrets({Name.KITE_ACCESS_TOKEN: token, Name.KITE_TOKEN_ISSUED: line})


def test_when_it_was_issued_is_told_of_that_very_token_alone() -> None:
    line = Issued(at("08:46:20"), "AB1234", fingerprint(Secret(TOKEN)))
    assert issued(secrets(TOKEN, line.line())) == line
    assert issued(secrets("pasted over it", line.line())) is None
    assert last_issued(secrets("pasted over it", line.line())) == line


@pytest.mark.parametrize("line", ["", "today", "2026-11-23 08:46:20 AB1234", "2026-13-45 08:46:20 AB1234 12345678"])
def test_a_line_that_does_not_read_says_nothing(line: str) -> None:
    assert issued(secrets(TOKEN, line)) is None


def test_a_span_is_told_in_hours_and_minutes() -> None:
    assert [span(ns) for ns in (-5, 40 * SECOND_NS, 14 * 60 * SECOND_NS, 21 * HOUR_NS + 61 * SECOND_NS)] == [
        "0s", "40s", "14m", "21h01m",
    ]  # fmt: skip
