"""Calls and answers of XML-RPC, against the standard library's own client and server."""

import time
import xmlrpc.client
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.wire.xml_rpc import BadAnswer, Fault, answered, call

# What XML can carry, and a parser keeps as it was.
TEXTS = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cn", "Cc"]))
SCALARS = TEXTS | st.booleans() | st.integers(-(2**31), 2**31 - 1)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=12)


@given(VALUES)
def test_an_answer_is_what_the_answerer_meant(value: Any) -> None:
    assert answered(xmlrpc.client.dumps((value,), methodresponse=True).encode()) == value


@given(st.lists(TEXTS | st.booleans()))
def test_a_call_is_heard_as_it_was_meant(words: list[str | bool]) -> None:
    assert xmlrpc.client.loads(call("supervisor.startProcess", *words)) == (tuple(words), "supervisor.startProcess")


def test_a_value_that_names_no_type_is_a_string() -> None:
    untyped = "<methodResponse><params><param><value>sim &amp; main</value></param></params></methodResponse>"
    assert answered(untyped.encode()) == "sim & main"


def test_a_refusal_is_told_with_its_code_and_words() -> None:
    with pytest.raises(Fault, match="BAD_NAME: x<y") as refused:
        answered(xmlrpc.client.dumps(xmlrpc.client.Fault(10, "BAD_NAME: x<y")).encode())
    assert refused.value.code == 10


def nested(depth: int) -> bytes:
    value: Any = 7
    for _ in range(depth):
        value = [value]
    return xmlrpc.client.dumps((value,), methodresponse=True).encode()


GOOD = xmlrpc.client.dumps(([{"name": "main", "pid": 7}],), methodresponse=True).encode()
BROKEN = {
    "nothing": b"",
    "no XML": b"Bad Request",
    "a page": b"<html><body>no</body></html>",
    "a call": xmlrpc.client.dumps((), "supervisor.getState").encode(),
    "no value": b"<methodResponse><params/></methodResponse>",
    "two values": xmlrpc.client.dumps((1,), methodresponse=True).replace("</params>", "<param/></params>").encode(),
    "a number that is none": GOOD.replace(b"<int>7<", b"<int>seven<"),
    "a boolean that is none": xmlrpc.client.dumps((True,), methodresponse=True).replace("1</b", "2</b").encode(),
    "another type": xmlrpc.client.dumps((0.5,), methodresponse=True).encode(),
    "a member without a value": GOOD.replace(b"<name>pid</name>", b""),
    "a refusal without a code": b"<methodResponse><fault><value><struct></struct></value></fault></methodResponse>",
    "arrays in arrays without end": nested(200),
    "elements in elements without end": b"<methodResponse>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</methodResponse>",
    "text behind it": GOOD + b"and more",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_answer_is_called_one_by_no_caller(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        answered(body)


def test_an_answer_that_was_cut_anywhere_is_none() -> None:
    whole = GOOD.rstrip()
    for cut in range(len(whole)):
        with pytest.raises(BadAnswer):
            answered(whole[:cut])


def test_a_long_text_of_many_lines_is_read_at_once() -> None:
    text = "a line of a log & more\n" * 100_000
    began_s = time.process_time()
    assert answered(xmlrpc.client.dumps((text,), methodresponse=True).encode()) == text
    assert time.process_time() - began_s < 2.0, "a copy of all of it at each line took 10 s and more"
