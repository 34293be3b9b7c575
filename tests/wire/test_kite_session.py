import hashlib
from types import SimpleNamespace

import msgspec
import pytest
from kiteconnect import KiteConnect

from tarazu.wire.kite_session import Profile, UserSession, checksum, postback_checksum

SESSION = UserSession(
    user_id="TZ0001",
    email="tz0001@example.com",
    user_name="Tara Z",
    user_shortname="Tara",
    exchanges=("NSE", "NFO"),
    products=("CNC", "NRML", "MIS"),
    order_types=("MARKET", "LIMIT", "SL", "SL-M"),
    api_key="key",
    access_token="access",
    public_token="public",
    enctoken="enc",
    login_time="2026-11-23 08:31:05",
)

PROFILE_FIELDS = {
    *("user_id", "user_type", "email", "user_name", "user_shortname", "broker"),
    *("exchanges", "products", "order_types", "avatar_url", "meta"),
}
SESSION_FIELDS = {"api_key", "access_token", "public_token", "enctoken", "refresh_token", "silo", "login_time"}


# data/checksum_vectors.json of the facts.
@pytest.mark.parametrize(
    ("api_key", "token", "api_secret", "hex_digest"),
    [
        (
            *("kitefrontdemo", "reqtok0001", "secret0001"),
            "5ae5982516499f0e7176a8189b98c8021a6f312b2e11fce107bc37ef292b63f4",
        ),
        (
            *("sandboxdemo", "reqtok0002", "sandboxdemo-secret"),
            "c248f343a090853577a99f732900bd9c39eec66dfa2985c5c92f3b97c9046f22",
        ),
        (
            *("kitefrontdemo", "ref0001", "secret0001"),
            "40d1624909521fb3566af8815efc0f3df2a364f18c19d5531fafc8016cba29c6",
        ),
    ],
)
def test_a_login_proves_the_secret(api_key: str, token: str, api_secret: str, hex_digest: str) -> None:
    assert checksum(api_key, token, api_secret) == hex_digest


def test_a_postback_proves_that_it_is_kites() -> None:
    digest = "a2c69cba6c9f697ec9bc83aaa38ab15660a45a62d0dd5946164ed32e10efc606"
    assert postback_checksum("220303000308932", "2022-03-03 09:24:25", "secret0001") == digest


def test_the_official_client_sends_the_checksum_we_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    official = KiteConnect("key")
    sent = SimpleNamespace(params={})

    def post(route: str, params: dict[str, str], **_: object) -> dict[str, str]:
        sent.params = params
        return {"access_token": "access", "login_time": SESSION.login_time}

    monkeypatch.setattr(official, "_post", post)
    official.generate_session("request", "secret")
    assert sent.params["checksum"] == checksum("key", "request", "secret")


def test_text_outside_ascii_is_hashed_as_utf_8() -> None:
    assert checksum("é", "b", "c") == hashlib.sha256("ébc".encode()).hexdigest()


def test_a_session_has_kites_fields_and_no_other() -> None:
    row = msgspec.json.decode(msgspec.json.encode(SESSION))
    assert row.keys() == PROFILE_FIELDS | SESSION_FIELDS
    assert row["meta"] == {"demat_consent": "consent"}
    assert (row["refresh_token"], row["user_type"], row["broker"]) == ("", "individual", "ZERODHA")


def test_a_profile_is_a_session_without_its_tokens() -> None:
    fields = {name: getattr(SESSION, name) for name in Profile.__struct_fields__}
    row = msgspec.json.decode(msgspec.json.encode(Profile(**fields)))
    assert row.keys() == PROFILE_FIELDS


def test_a_session_row_reads_back() -> None:
    assert msgspec.json.decode(msgspec.json.encode(SESSION), type=UserSession) == SESSION
