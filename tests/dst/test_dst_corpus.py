"""The seeds that once failed."""

from datetime import date

import pytest

from tarazu.dst.corpus import BadCorpus, corpus, line_of, parsed
from tarazu.dst.options import DayOptions
from tarazu.dst.tally import Case


def test_a_line_is_read_back_as_it_was_written():
    for options in (DayOptions(), DayOptions(size="small", muted=frozenset({"loss", "stall#3"}))):
        line = line_of(date(2026, 11, 22), Case(168, options), "I5", "a zombie fill broke the limit")
        (fallen,) = parsed(["# a comment", "", line])
        assert fallen.case == Case(168, options) and fallen.found == date(2026, 11, 22)
        assert (fallen.invariant, fallen.what) == ("I5", "a zombie fill broke the limit")


@pytest.mark.parametrize(
    "line", ["2026-11-22 1 full - I5", "today 1 full - I5 x", "2026-11-22 one full - I5 x", "2026-11-22 1 big - I5 x"]
)
def test_a_line_that_is_none_is_named(line):
    with pytest.raises(BadCorpus, match="line 2 "):
        parsed(["#", line])


def test_the_corpus_of_this_version_can_be_read():
    assert all(fallen.what for fallen in corpus())
