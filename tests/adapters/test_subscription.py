"""Instruments over connections, and the commands that say so."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.adapters.kite_feed.subscription import COMMAND_TOKENS_MAX, Modes, TooManyInstruments, change, split
from tarazu.wire.kite_ticks import Mode

wanted_modes = st.dictionaries(st.integers(1, 60), st.sampled_from(Mode), max_size=30)


def commands(present: Modes, wanted: Modes) -> list[tuple[str, object]]:
    return [(c["a"], c["v"]) for c in map(json.loads, change(present, wanted).commands())]


@given(steps=st.lists(wanted_modes, max_size=6))
def test_nothing_moves_and_no_connection_overflows(steps: list[Modes]) -> None:
    parts: list[Modes] = [{}, {}, {}]
    for wanted in steps:
        before = {token: i for i, part in enumerate(parts) for token in part}
        parts = split(parts, wanted, tokens_max=10)
        after = {token: i for i, part in enumerate(parts) for token in part}
        assert sum(map(len, parts)) == len(wanted) and {t: m for p in parts for t, m in p.items()} == wanted
        assert all(after[t] == i for t, i in before.items() if t in after)
        assert max(map(len, parts)) <= 10


def test_new_instruments_go_where_the_fewest_are() -> None:
    parts = split([{}, {}, {}], dict.fromkeys(range(1, 10), Mode.FULL))
    assert [len(p) for p in parts] == [3, 3, 3]
    parts = split(parts, parts[0] | dict.fromkeys(range(20, 24), Mode.LTP))
    assert [len(p) for p in parts] == [3, 2, 2]


def test_more_than_fit_are_refused() -> None:
    with pytest.raises(TooManyInstruments, match="7 instruments, and 3 connections hold 6"):
        split([{}, {}, {}], dict.fromkeys(range(1, 8), Mode.FULL), tokens_max=2)


def test_every_mode_is_said_even_the_default() -> None:
    assert commands({}, {1: Mode.FULL, 2: Mode.QUOTE, 3: Mode.FULL}) == [
        ("subscribe", [1, 2, 3]),
        ("mode", ["quote", [2]]),
        ("mode", ["full", [1, 3]]),
    ]


def test_only_differences_are_said_and_leaving_makes_room_first() -> None:
    present: Modes = {1: Mode.FULL, 2: Mode.QUOTE, 3: Mode.FULL}
    assert commands(present, present) == []
    assert commands(present, {2: Mode.LTP, 3: Mode.FULL, 4: Mode.FULL}) == [
        ("unsubscribe", [1]),
        ("subscribe", [4]),
        ("mode", ["ltp", [2]]),
        ("mode", ["full", [4]]),
    ]


def test_a_full_connection_is_subscribed_in_commands_of_a_sane_length() -> None:
    sent = list(change({}, dict.fromkeys(range(10_000_000, 10_003_000), Mode.FULL)).commands())
    assert len(sent) == 2 * 3_000 // COMMAND_TOKENS_MAX and max(map(len, sent)) < 10_000
