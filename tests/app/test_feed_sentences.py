"""Every event of the feed has a sentence."""

import typing
from datetime import date

import msgspec
import pytest

from tarazu.app.feed.record import (
    LINK_EVENTS,
    OWN_EVENTS,
    BreakerCleared,
    MasterLoaded,
    Selected,
    SelectionFailed,
    decode_event,
    encode_event,
)
from tarazu.app.feed.sentences import sentence
from tarazu.market.feed_events import FeedRecover, FeedStale

EVENTS = (*OWN_EVENTS, *LINK_EVENTS, FeedStale, FeedRecover)
PLAIN = {int: 7, str: "x", bool: True, float: 1.0, date: "2026-11-23"}


def any_value(kind: object) -> object:
    """Some value of a field's type, as JSON has it."""
    if kind in PLAIN:
        return PLAIN[kind]  # type: ignore[index]
    if typing.get_origin(kind) is tuple:
        return []
    if members := [m for m in typing.get_args(kind) if m is not type(None)]:
        return any_value(members[0])
    return next(iter(kind)).value if isinstance(kind, type) and issubclass(kind, str) else 7  # type: ignore[call-overload]


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.__struct_config__.tag)
def test_every_event_has_one(event: type[msgspec.Struct]) -> None:
    hints = typing.get_type_hints(event)
    told = {"type": event.__struct_config__.tag} | {name: any_value(hints[name]) for name in event.__struct_fields__}
    text = sentence(decode_event(msgspec.json.encode(told)), {})
    assert text and "\n" not in text


def test_what_came_from_outside_stays_on_its_line() -> None:
    cleared = BreakerCleared(ts_ns=0, operator="asha", reason="a\n10:00:00  FEED_RECOVER  all is well")
    assert "\n" not in sentence(decode_event(encode_event(cleared)), {})
    failed = SelectionFailed(ts_ns=0, reason="NO_ROW", key="NSE:\r", text="\x1b[2J")
    assert sentence(failed, {}).isprintable()


def test_alarms_and_what_was_left_out_are_told() -> None:
    master = MasterLoaded(
        ts_ns=0, day=date(2026, 11, 23), instruments=9, sha256="", before=date(2026, 11, 20), alarms=("NIFTY lot 65",)
    )
    assert sentence(master, {}).endswith("compared with 2026-11-20; 1 alarms: NIFTY lot 65")
    chosen = Selected(ts_ns=0, tokens=(), symbols=(), connections=(), centres=(), left_out=3, again=True)
    assert "again" in sentence(chosen, {}) and "3 left out" in sentence(chosen, {})
