"""Parameters are read exactly, or refused with the field's name."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.model.order import Side
from tarazu.sim.front import forms
from tarazu.sim.front.forms import Form
from tarazu.sim.front.http import FORM, Request, decode_pairs, read_request
from tarazu.wire.kite_errors import Refusal


@pytest.mark.parametrize(
    ("text", "paise"),
    [
        ("100", 10_000),
        ("100.05", 10_005),
        ("100.050", 10_005),
        ("0.05", 5),
        ("0", 0),
        ("1.", 100),
        ("+7", 700),
        ("21474836.47", 2**31 - 1),
    ],
)
def test_rupee_text_becomes_exact_paise(text: str, paise: int) -> None:
    form = Form({"price": text})
    assert (form.paise("price"), form.refusal) == (paise, None)


@pytest.mark.parametrize(
    "text",
    [
        "100.005",
        "NaN",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "1e2",
        "-5",
        "-0.05",
        "21474836.48",
        "9" * 40,
        "१००",
        "1,000",
        " 1",
    ],
)
def test_a_price_that_is_not_rupees_is_refused_by_name(text: str) -> None:
    form = Form({"price": text})
    form.paise("price")
    assert form.refusal is not None and "`price`" in form.refusal.message


@pytest.mark.parametrize("text", ["-1", "0", "1.5", "ten", "1e3", "2147483648", "0x10", "1_000", "٣", "9" * 30])
def test_a_quantity_that_is_not_a_positive_whole_number_is_refused_by_name(text: str) -> None:
    form = Form({"quantity": text})
    form.whole("quantity", least=1)
    assert form.refusal is not None and "`quantity`" in form.refusal.message


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("True", True), ("1", True), ("FALSE", False), ("0", False)]
)
def test_a_flag_is_read_in_every_spelling_the_clients_send(text: str, value: bool) -> None:
    form = Form({"autoslice": text})
    assert (form.flag("autoslice"), form.refusal) == (value, None)


def test_the_first_thing_wrong_is_the_refusal() -> None:
    form = Form({"transaction_type": "HOLD", "quantity": "-3"})
    form.choice("transaction_type", Side)
    form.whole("quantity")
    assert form.refusal == Refusal("Invalid `transaction_type`. It should be one of: BUY, SELL.")


def test_an_empty_field_counts_as_missing() -> None:
    form = Form({"tag": "", "exchange": ""})
    assert form.text("tag", "none") == "none"
    form.text("exchange")
    assert form.refusal == Refusal("Missing or empty field `exchange`.")


def post(body: bytes, content_type: str = FORM) -> Request:
    return Request("POST", "/", headers={"content-type": content_type}, body=body)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"quantity=1&quantity=2", "`quantity` is given more than once"),
        (b"tag=%", "percent-encoded"),
        (b"tag=%zz", "percent-encoded"),
        (b"tag=%ff", "UTF-8"),
        (b"\xff\xfe=1", "UTF-8"),
    ],
)
def test_a_body_that_does_not_decode_is_refused(body: bytes, says: str) -> None:
    refusal = forms.body_form(post(body)).refusal
    assert refusal is not None and says in refusal.message


def test_a_json_body_where_a_form_belongs_is_refused() -> None:
    refusal = forms.body_form(post(b'{"quantity":1}', "application/json")).refusal
    assert refusal is not None and "content type" in refusal.message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"[1]",
        b'["x"]',
        b"[{]",
        b'[{"price":NaN}]',
        b'[{"price":Infinity}]',
        b'[{"price":1e400}]',
        b'[{"price":1,"price":2}]',
        b'[{"price":{"a":1}}]',
        b"[" * 100_000,
        b"[" + b"9" * 6000 + b"]",
        b"\xff",
        b"[{}]" + b"x",
    ],
)
def test_a_json_list_that_is_none_is_refused(body: bytes) -> None:
    assert isinstance(forms.json_list(post(body, "application/json"), "order"), Refusal)


def test_json_numbers_keep_their_decimals() -> None:
    listed = forms.json_list(post(b'[{"price":0.1,"quantity":3,"flag":true,"tag":null}]'), "order")
    assert not isinstance(listed, Refusal)
    form = listed[0]
    assert (form.paise("price"), form.whole("quantity"), form.flag("flag"), form.has("tag")) == (10, 3, True, False)


def test_a_half_surrogate_never_gets_past_a_text_field() -> None:
    parsed = forms.parse_json(b'{"name":"\\ud800"}')
    form = forms.json_form(parsed)
    assert isinstance(form, Form)
    form.text("name")
    assert form.refusal is not None


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoders(raw: bytes) -> None:
    decode_pairs(raw)
    forms.body_form(post(raw))
    forms.json_list(post(raw), "order")
    read_request("GET", b"/" + raw, raw, {}, raw, "127.0.0.1")


readers: list[Any] = [
    lambda f: f.paise("x"),
    lambda f: f.whole("x"),
    lambda f: f.flag("x"),
    lambda f: f.number("x", 0.0, -1.0, 100.0),
    lambda f: f.text("x"),
    lambda f: f.choice("x", Side),
]


@given(st.text(max_size=40), st.sampled_from(readers))
def test_any_text_reads_as_a_value_or_leaves_a_refusal(text: str, read: Any) -> None:
    form = Form({"x": text})
    value = read(form)
    assert value is not None
    assert form.refusal is None or form.refusal.status == 400
