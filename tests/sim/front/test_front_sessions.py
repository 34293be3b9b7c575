"""Logins: one-time request tokens, checksums, and access tokens that die at 06:00 IST."""

import hashlib
from datetime import date, time

from tarazu.model import ist
from tarazu.model.units import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from tarazu.sim.front.sessions import (
    BAD_API_KEY,
    BAD_CHECKSUM,
    NO_REFRESH,
    REQUEST_TOKEN_LIFE_NS,
    STALE_TOKEN,
    App,
    Login,
    Sessions,
)
from tarazu.wire.kite_errors import BAD_TOKEN

DAY = date(2026, 9, 22)
NINE = ist.at_ns(DAY, time(9))
APP = App(api_key="kite1", api_secret="secret1", user_id="TZ0001")
PLATFORM = App(api_key="kite2", api_secret="secret2", user_id="TZ0002", approved=True)


def sessions(seed: int = 7) -> Sessions:
    return Sessions([APP, PLATFORM], seed, time(6))


def sha(*parts: str) -> str:
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def logged_in(book: Sessions, app: App = APP, now_ns: int = NINE) -> Login:
    token = book.request_token(app.api_key, now_ns)
    assert token is not None
    login = book.exchange(app.api_key, token, sha(app.api_key, token, app.api_secret), now_ns)
    assert isinstance(login, Login)
    return login


def header(login: Login) -> str:
    return f"token {login.app.api_key}:{login.access_token}"


def test_a_login_speaks_for_its_account() -> None:
    book = sessions()
    login = logged_in(book)
    assert book.authorised(header(login), NINE) is login
    assert login.user_id == "TZ0001"


def test_a_request_token_works_once() -> None:
    book = sessions()
    token = book.request_token("kite1", NINE) or ""
    proof = sha("kite1", token, "secret1")
    assert isinstance(book.exchange("kite1", token, proof, NINE), Login)
    assert book.exchange("kite1", token, proof, NINE) is STALE_TOKEN


def test_a_request_token_lives_a_few_minutes() -> None:
    book = sessions()
    token = book.request_token("kite1", NINE) or ""
    late = NINE + REQUEST_TOKEN_LIFE_NS
    assert book.exchange("kite1", token, sha("kite1", token, "secret1"), late) is STALE_TOKEN


def test_a_wrong_checksum_is_refused_and_leaves_the_request_token_usable() -> None:
    book = sessions()
    token = book.request_token("kite1", NINE) or ""
    assert book.exchange("kite1", token, sha("kite1", token, "wrong"), NINE) is BAD_CHECKSUM
    assert isinstance(book.exchange("kite1", token, sha("kite1", token, "secret1"), NINE), Login)


def test_another_apps_request_token_is_refused() -> None:
    book = sessions()
    token = book.request_token("kite1", NINE) or ""
    assert book.exchange("kite2", token, sha("kite2", token, "secret2"), NINE) is STALE_TOKEN
    assert book.exchange("kite9", token, "", NINE) is BAD_API_KEY
    assert book.request_token("kite9", NINE) is None


def test_access_tokens_die_at_six_in_the_morning() -> None:
    book = sessions()
    login = logged_in(book)
    six = ist.at_ns(DAY, time(6)) + DAY_NS
    assert book.authorised(header(login), six - 1) is login
    assert book.authorised(header(login), six) is BAD_TOKEN


def test_a_login_before_six_dies_the_same_morning() -> None:
    assert logged_in(sessions(), now_ns=NINE - 4 * HOUR_NS).expires_ns == ist.at_ns(DAY, time(6))


def test_a_second_login_the_same_day_returns_the_same_token() -> None:
    book = sessions()
    first = logged_in(book)
    assert logged_in(book, now_ns=NINE + MINUTE_NS).access_token == first.access_token
    assert logged_in(book, now_ns=NINE + DAY_NS).access_token != first.access_token


def test_logging_out_kills_the_token_and_nothing_else() -> None:
    book = sessions()
    mine, other = logged_in(book), logged_in(book, PLATFORM)
    assert not book.end("kite1", other.access_token, NINE)
    assert book.end("kite1", mine.access_token, NINE)
    assert book.authorised(header(mine), NINE) is BAD_TOKEN
    assert book.authorised(header(other), NINE) is other


def test_killing_tokens_spares_other_accounts_unless_all_are_meant() -> None:
    book = sessions()
    mine, other = logged_in(book), logged_in(book, PLATFORM)
    book.kill("TZ0001")
    assert book.find("kite1", mine.access_token, NINE) is None
    assert book.find("kite2", other.access_token, NINE) is other
    book.kill()
    assert book.find("kite2", other.access_token, NINE) is None


def test_only_approved_platforms_refresh() -> None:
    book = sessions()
    assert logged_in(book).refresh_token == ""
    assert book.renew("kite1", "", "", NINE) is NO_REFRESH
    login = logged_in(book, PLATFORM)
    proof = sha("kite2", login.refresh_token, "secret2")
    renewed = book.renew("kite2", login.refresh_token, proof, NINE + SECOND_NS)
    assert isinstance(renewed, Login) and renewed.access_token != login.access_token
    assert book.authorised(header(login), NINE + SECOND_NS) is BAD_TOKEN
    assert book.renew("kite2", login.refresh_token, proof, NINE) is STALE_TOKEN
    assert book.end_refresh("kite2", renewed.refresh_token)
    assert not book.end_refresh("kite2", renewed.refresh_token)


def test_headers_that_are_no_credentials_are_refused() -> None:
    book = sessions()
    login = logged_in(book)
    for text in (
        "",
        "token",
        "token ",
        "token kite1",
        "token kite1:",
        f"Bearer {login.access_token}",
        "token \ud800:x",
    ):
        assert book.authorised(text, NINE) is BAD_TOKEN


def test_tokens_follow_the_seed() -> None:
    assert logged_in(sessions(1)).access_token == logged_in(sessions(1)).access_token
    assert logged_in(sessions(1)).access_token != logged_in(sessions(2)).access_token
