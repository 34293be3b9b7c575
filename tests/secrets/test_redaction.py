"""Credentials taken out of what people read: by shape, and by value in any of its forms."""

import base64
import logging
import subprocess
import sys
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.app.redaction import Redactor, forms_of
from tarazu.app.secrets.secret import Secret

VALUE = "q7Zp/4+vB2==x&y9"
KNOWN = Redactor({"KITE_API_SECRET": Secret(VALUE)})
SHAPES = Redactor()

SHAPED = [
    ("Authorization: token kitekey123:tok456789", "Authorization: token ***"),
    ("{'Authorization': 'token kitekey123:tok456789'}", "{'Authorization': 'token ***'}"),
    ("GET /?api_key=kitekey123&access_token=tok456789 HTTP/1.1", "GET /?api_key=***&access_token=*** HTTP/1.1"),
    ('{"access_token": "tok456789", "user_id": "AB1"}', '{"access_token": "***", "user_id": "AB1"}'),
    (r'"{\"access_token\":\"tok456789\",\"id\":\"AB1\"}"', r'"{\"access_token\":\"***\",\"id\":\"AB1\"}"'),
    (r"{\\\"password\\\": \\\"tok456789\\\"}", r"{\\\"password\\\": \\\"***\\\"}"),
    ("%22access_token%22%3A%22tok456789%22%2C%22id", "%22access_token%22%3A%22***%22%2C%22id"),
    ("Cookie: session_token=tok456789; a=b", "Cookie: session_token=***; a=b"),
    ("KITE_API_SECRET=abcdef123", "KITE_API_SECRET=***"),
    ("https://x/?request_token%3Dabc123&status=success", "https://x/?request_token%3D***&status=success"),
    ("sent to tgram://123456:AAbb-cc/789", "sent to tgram://***"),
    ("POST https://user:pass@hooks.example.com/x", "POST https://***@hooks.example.com/x"),
    ("key AGE-SECRET-KEY-1QQQQWWWW end", "key *** end"),
    ("-----BEGIN PRIVATE KEY-----\nMIIEv\n-----END PRIVATE KEY-----\nafter", "***\nafter"),
]


@pytest.mark.parametrize(("text", "redacted"), SHAPED)
def test_a_credential_is_known_by_its_shape(text: str, redacted: str) -> None:
    assert SHAPES.redact(text) == redacted
    assert SHAPES.redact(redacted) == redacted, "twice is as once"


def test_a_short_password_of_an_alert_url_is_concealed_alone_too() -> None:
    redactor = Redactor({"TARAZU_ALERT_URLS": Secret("mailto://asha:abc123@example.com")})
    assert redactor.redact("535 abc123 refused") == "535 *** refused"


@pytest.mark.parametrize(
    "text",
    [
        "D-3381 SKIP spread_too_wide",
        "no KITE_ACCESS_TOKEN in /var/live/.env: nobody has logged in",
        "token refused (TokenException)",
        "tarazu session login --prompt-token --update-env",
        "https://api.kite.trade/orders 2026-11-23T09:15:00+0530",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert SHAPES.redact(text) == text


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        quote(VALUE, safe=""),
        VALUE.encode().hex(),
        VALUE.encode().hex().upper(),
        base64.b64encode(VALUE.encode()).decode(),
        base64.urlsafe_b64encode(f"a{VALUE}b".encode()).decode(),
        base64.b64encode(f"user:{VALUE}!".encode()).decode(),
    ],
)
def test_a_known_value_is_found_in_every_form(form: str) -> None:
    told = KNOWN.told(f"before {form} after")
    assert "***" in told.text and told.text.startswith("before ") and told.text.endswith(" after")
    assert told.counts == {"KITE_API_SECRET": 1}
    assert KNOWN.found_in(f"before {form} after".encode()) == ("KITE_API_SECRET",)
    assert not KNOWN.found_in(told.text.encode())


def test_the_parts_of_an_address_are_secret_by_themselves() -> None:
    of_url = Redactor({"URLS": Secret("json://bob:passw0rd9@h.example.com/tokenAAAA tgram://123456789:XYZ/42")})
    assert of_url.redact("passw0rd9, tokenAAAA, 123456789:XYZ at h.example.com") == "***, ***, *** at h.example.com"


def test_what_is_too_short_to_be_a_secret_hides_nothing() -> None:
    assert Redactor({"A": Secret("on")}).redact("only on Monday") == "only on Monday"


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40),
    st.binary(max_size=7),
    st.binary(max_size=7),
)
def test_no_base64_of_anything_around_a_value_hides_it(value: str, before: bytes, after: bytes) -> None:
    coded = base64.b64encode(before + value.encode() + after).decode()
    assert any(form in coded for form in forms_of(value))


@pytest.mark.parametrize(
    "tile", ["a", "1", "a_", "a+", "token ", "a://b", "api_key", "access_token= ", "a." * 30 + " "]
)
def test_a_megabyte_of_anything_takes_no_longer_than_its_length(tile: str) -> None:
    # What takes the square of it runs for hours: the test's own time limit.
    assert KNOWN.redact(tile * (1_000_000 // len(tile)))


LOGS = """
import logging, threading
from tarazu.app.redacted_logs import conceal_in_logs
from tarazu.app.secrets.secret import Secret
logging.basicConfig(level="INFO")
conceal_in_logs({"A": Secret("hunter2hunter2")})
conceal_in_logs()
log = logging.getLogger("x.y")
log.info("said %s", "hunter2hunter2")
try:
    raise ValueError("in a traceback hunter2hunter2")
except ValueError:
    log.exception("failed")
def fail(): raise RuntimeError("in a thread hunter2hunter2")
thread = threading.Thread(target=fail); thread.start(); thread.join()
raise RuntimeError("at the end hunter2hunter2")
"""


def test_nothing_that_a_process_logs_or_dies_with_has_a_secret_in_it() -> None:
    # -c keeps the source out of tracebacks' files: what is printed is the message alone.
    done = subprocess.run([sys.executable, "-c", LOGS], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    for said in ("said ***", "in a traceback ***", "in a thread ***", "at the end ***"):
        assert said in done.stderr
    assert "hunter2hunter2" not in done.stderr


def test_a_log_without_secrets_is_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("x").info("epoch 7 began")
    assert SHAPES.redact(caplog.text) == caplog.text
