"""The events beside the frames: written as JSON by name, and read back as what they were."""

from datetime import date

import pytest

from tarazu.adapters.kite_feed.events import Connected, Disconnected, Loss
from tarazu.app.feed.record import (
    LINK_EVENTS,
    OWN_EVENTS,
    BadEvent,
    BreakerTripped,
    CentreMade,
    FeedRecordEvent,
    Selected,
    decode_event,
    encode_event,
    event_name,
    event_ts_ns,
)
from tarazu.market.feed_events import FeedRecover, FeedStale, FeedState, StaleReason
from tarazu.model.ids import InstrumentToken

EVENTS: list[FeedRecordEvent] = [
    FeedStale(
        feed="options",
        required=True,
        reason=StaleReason.PARTIAL_MUTE,
        lag_ns=3_000_000_000,
        limit_ns=2_500_000_000,
        since_ns=1,
        ts_ns=2,
        tokens=(InstrumentToken(5),),
        members=60,
    ),
    FeedRecover(
        feed="options",
        required=True,
        was=FeedState.UNKNOWN,
        reason=None,
        lag_ns=1,
        limit_ns=2,
        since_ns=3,
        ts_ns=4,
    ),
    Connected(connection=1, wall_ns=5, mono_ns=6, took_ns=7),
    Disconnected(connection=1, wall_ns=5, mono_ns=6, reason=Loss.CUT, code=1006, detail="", up_ns=7, quiet_ns=8),
    BreakerTripped(ts_ns=9, reconnects=31, window_ns=60),
    Selected(
        ts_ns=10,
        tokens=(InstrumentToken(256265),),
        symbols=("NSE:NIFTY 50",),
        connections=(0,),
        centres=(CentreMade(underlying="NSE:NIFTY 50", spot_paise=1, atm_paise=2, expiries=(date(2026, 11, 24),)),),
        left_out=0,
        again=False,
    ),
]


@pytest.mark.parametrize("event", EVENTS, ids=event_name)
def test_an_event_comes_back_as_it_was(event: FeedRecordEvent) -> None:
    assert decode_event(encode_event(event)) == event


def test_the_names_are_the_runbooks() -> None:
    assert [event_name(e) for e in EVENTS[:3]] == ["FEED_STALE", "FEED_RECOVER", "CONNECTED"]
    assert encode_event(EVENTS[0]).startswith(b'{"type":"FEED_STALE"')


def test_every_event_knows_its_wall_time() -> None:
    assert [event_ts_ns(e) for e in EVENTS] == [2, 4, 5, 5, 9, 10]


def test_no_two_events_share_a_name() -> None:
    names = [kind.__struct_config__.tag for kind in (*OWN_EVENTS, *LINK_EVENTS, FeedStale, FeedRecover)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"type":"FEED_STALLED"}', b'{"type":"CONNECTED"}', b"\xff"])
def test_what_is_no_event_is_refused(payload: bytes) -> None:
    with pytest.raises(BadEvent):
        decode_event(payload)
