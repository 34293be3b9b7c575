"""One value of a `.env` set, and not another byte touched."""

from io import StringIO

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from tarazu.app.secrets.env_text import BadEnv, values_of, with_value

TEXT = """\
# the desk's own

export KITE_API_KEY='abc def' # the app
KITE_ACCESS_TOKEN=old  # of yesterday

OTHER="x\\ny"
"""


def test_a_value_is_set_in_its_place_and_comments_stay() -> None:
    assert with_value(TEXT, "KITE_ACCESS_TOKEN", "new1") == TEXT.replace("=old  #", "=new1  #")
    assert "export KITE_API_KEY=k2 # the app\n" in with_value(TEXT, "KITE_API_KEY", "k2")


def test_a_name_that_is_not_there_is_put_at_the_end() -> None:
    assert with_value("A=1", "B", "2") == "A=1\nB=2\n"
    assert with_value("", "B", "2") == "B=2\n"


def test_of_several_places_the_last_keeps_it_and_the_others_go() -> None:
    assert with_value("A=1\n# a\nA=2\nB=3\n", "A", "9") == "# a\nA=9\nB=3\n"


def test_a_value_is_forgotten_by_an_empty_one() -> None:
    assert with_value("A=1 # a\n", "A", "") == "A= # a\n"
    assert values_of("A=\n") == {"A": ""}


def test_an_empty_value_with_a_comment_behind_it_can_be_set() -> None:
    assert values_of(with_value("A= # a\n", "A", "x"))["A"] == "x"


@pytest.mark.parametrize("value", ["a\nB=1", "a\x00", "naïve", "tab\t"])
def test_what_no_line_can_carry_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        with_value("", "A", value)
    with pytest.raises(ValueError, match="no name"):
        with_value("", "A B", "x")


def test_a_line_that_is_none_is_named_and_not_quoted() -> None:
    with pytest.raises(BadEnv, match="line 2") as bad:
        values_of("A=1\n'unclosed hunter2\n")
    assert "hunter2" not in str(bad.value)


names = st.sampled_from(["A", "B", "KITE_ACCESS_TOKEN", "X_1"])
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
lines = st.one_of(
    st.builds("# {}".format, st.from_regex(r"[a-z =']{0,20}", fullmatch=True)),
    st.just(""),
    st.builds("{}={}".format, names, st.from_regex(r"[A-Za-z0-9]{0,12}( # [a-z' ]{0,9})?", fullmatch=True)),
    st.builds(
        "export {}='{}'{}".format, names, st.from_regex(r"[a-z ]{0,9}", fullmatch=True), st.sampled_from(["", " # q"])
    ),
    st.builds('{} = "{}"'.format, names, st.from_regex(r"[a-z #]{0,9}", fullmatch=True)),
)


@given(st.lists(lines, max_size=8), st.sampled_from(["\n", "\r\n"]), names, printable)
def test_dotenv_reads_back_what_was_set_and_everything_else_as_before(
    rows: list[str], end: str, name: str, value: str
) -> None:
    text = end.join(rows) + (end if rows else "")
    changed = with_value(text, name, value)
    before = dict(dotenv_values(stream=StringIO(text), interpolate=False))
    assert dict(dotenv_values(stream=StringIO(changed), interpolate=False)) == before | {name: value}
    untouched = [row for row in rows if not row.removeprefix("export ").startswith((f"{name}=", f"{name} ="))]
    assert all(row in changed for row in untouched)
