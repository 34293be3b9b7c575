"""What a stretch of the journal comes to: counted from entries that a real engine wrote, and from nothing before it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.engine_desk import BUY
from harness.journalled_desk import JournalledDesk
from tarazu.app.home import Home, Profile
from tarazu.app.watching.entries import Damaged
from tarazu.app.watching.tally import Span, Tally, tallies
from tarazu.engine import messages as m
from tarazu.model.units import MILLISECOND_NS, MINUTE_NS, SECOND_NS
from tarazu.orders.report import AnswerKind
from tarazu.runtime.journal_files import segment_numbers, segment_path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[JournalledDesk]:
    with JournalledDesk(Home(Profile.SIM, tmp_path / "sim")) as made:
        made.ready()
        made.second()
        yield made


def since(desk: JournalledDesk, from_ns: int) -> Tally:
    """Of all that was written from then on."""
    desk.journal.sync()
    (found,) = tallies(desk.folder, [Span(from_ns, desk.now_ns + 1)])
    return found


def begin(desk: JournalledDesk) -> int:
    """A moment with nothing before it in its stretch."""
    desk.second(60)
    return desk.now_ns + 1


def odd(qty: int) -> m.Wanted:
    return m.Wanted(want=msgspec.structs.replace(BUY, qty=qty))


def test_a_want_that_was_denied_is_told_by_the_controls_that_said_no(desk: JournalledDesk) -> None:
    from_ns = begin(desk)
    desk.tell(odd(74), 1.0)
    desk.tell(odd(74), 1.0)
    tally = since(desk, from_ns)
    assert (tally.wants, tally.denied, tally.orders, tally.sent) == (2, 2, 0, 0)
    assert tally.codes["LOT"] == 2


def test_an_entry_that_filled_is_sent_answered_and_filled_with_what_it_cost_against_the_middle(
    desk: JournalledDesk,
) -> None:
    from_ns = begin(desk)
    desk.second()
    desk.want()
    desk.now_ns += 130 * MILLISECOND_NS
    desk.placed("17")
    desk.filled("17", price_paise=10_000)
    tally = since(desk, from_ns)
    assert (tally.wants, tally.denied, tally.orders, tally.filled, tally.rejected) == (1, 0, 1, 1, 0)
    assert tally.sent == 2, "the entry, and the stop that protects it"
    assert tally.ack_p99_ns == 180 * MILLISECOND_NS
    assert tally.slipped_units == 75


def test_two_windows_count_nothing_twice_and_an_answer_finds_its_order_across_them(desk: JournalledDesk) -> None:
    from_ns = begin(desk)
    desk.second()
    desk.want()
    (sent,) = desk.sent
    middle_ns = desk.now_ns + 1
    desk.now_ns += 1_950 * MILLISECOND_NS
    desk.answer(sent.ref, "17")
    desk.journal.sync()
    before, now = tallies(desk.folder, [Span(from_ns, middle_ns), Span(middle_ns, desk.now_ns + 1)])
    assert (before.sent, now.sent) == (1, 0)
    assert (before.ack_p99_ns, now.ack_p99_ns) == (None, 2 * SECOND_NS)


def test_an_order_the_broker_refused_is_rejected(desk: JournalledDesk) -> None:
    from_ns = begin(desk)
    desk.second()
    desk.want()
    (sent,) = desk.sent
    desk.answer(sent.ref, kind=AnswerKind.REFUSED, text="margin")
    assert since(desk, from_ns).rejected == 1


def moved(feed: str, fresh: bool, required: bool = True) -> m.FeedMoved:
    return m.FeedMoved(feed=feed, fresh=fresh, required=required, reason="" if fresh else "NO_DATA")


def test_a_required_feed_that_was_lost_counts_with_the_time_it_was(desk: JournalledDesk) -> None:
    desk.tell(moved("options", True))
    from_ns = begin(desk)
    desk.tell(moved("options", False), 1.0)
    desk.tell(moved("options", True), 11.0)
    tally = since(desk, from_ns)
    assert (tally.stales, tally.recovers, tally.stale_ns) == (1, 1, 11 * SECOND_NS)


def test_a_feed_that_is_still_lost_at_the_windows_end_counts_up_to_there_and_in_the_next_from_its_start(
    desk: JournalledDesk,
) -> None:
    from_ns = begin(desk)
    desk.tell(moved("options", False), 1.0)
    lost_ns = desk.now_ns
    desk.second(60)
    desk.journal.sync()
    middle_ns = lost_ns + 20 * SECOND_NS
    before, now = tallies(desk.folder, [Span(from_ns, middle_ns), Span(middle_ns, middle_ns + 30 * SECOND_NS)])
    assert (before.stales, before.stale_ns) == (1, 20 * SECOND_NS)
    assert (now.stales, now.recovers, now.stale_ns) == (0, 0, 30 * SECOND_NS)


def test_a_feed_that_comes_back_in_the_next_window_counts_in_each_as_long_as_it_was_lost_there(
    desk: JournalledDesk,
) -> None:
    from_ns = begin(desk)
    desk.tell(moved("options", False), 1.0)
    middle_ns = desk.now_ns + 20 * SECOND_NS
    desk.tell(moved("options", True), 25.0)
    desk.journal.sync()
    before, now = tallies(desk.folder, [Span(from_ns, middle_ns), Span(middle_ns, desk.now_ns + 1)])
    assert (before.stale_ns, now.stale_ns) == (20 * SECOND_NS, 5 * SECOND_NS)
    assert (before.recovers, now.recovers) == (0, 1)


def test_optional_feeds_cost_a_feature_and_no_time_of_the_desk(desk: JournalledDesk) -> None:
    from_ns = begin(desk)
    desk.tell(moved("cross_asset", False, required=False), 1.0)
    assert since(desk, from_ns).stale_ns == 0


def test_a_feed_that_was_never_fresh_since_the_start_is_not_lost(desk: JournalledDesk) -> None:
    from_ns = begin(desk)
    desk.restarted()
    desk.tell(moved("late", False), 1.0)
    tally = since(desk, from_ns)
    assert (tally.starts, tally.stales) == (1, 0)


def test_frames_are_counted_by_the_feed_logs_numbers(desk: JournalledDesk) -> None:
    from_ns = begin(desk)
    for sequence in (900, 904, 930):
        desk.tell(m.MarketMoved(sequence=sequence, wall_ns=desk.wall_ns), 5.0)
    tally = since(desk, from_ns)
    assert tally.frames == 30 and tally.frames_per_s == pytest.approx(3.0, rel=0.01)


def test_a_stretch_before_the_journal_began_is_known_to_be_empty(desk: JournalledDesk) -> None:
    desk.journal.sync()
    (tally,) = tallies(desk.folder, [Span(0, 30 * MINUTE_NS)])
    assert tally.first_ns is None and not tally.wants


def test_bytes_that_are_no_entry_are_said_and_not_counted_around(desk: JournalledDesk) -> None:
    from_ns = begin(desk)
    desk.second()
    desk.want()
    desk.close()
    path = segment_path(desk.folder, segment_numbers(desk.folder)[-1])
    raw = bytearray(path.read_bytes())
    at = raw.index(b"Intend")
    raw[at + 40] ^= 1
    path.write_bytes(raw)
    with pytest.raises(Damaged):
        tallies(desk.folder, [Span(from_ns, desk.now_ns + 1)])


def test_a_stretch_in_the_last_of_many_segments_is_found_there(tmp_path: Path) -> None:
    small = JournalledDesk.__init__.__kwdefaults__["settings"]
    settings = msgspec.structs.replace(small, segment_bytes=64 * 1024)
    with JournalledDesk(Home(Profile.SIM, tmp_path / "sim"), settings=settings) as desk:
        desk.ready()
        while len(segment_numbers(desk.folder)) < 4:
            desk.second(60)
        from_ns = begin(desk)
        desk.tell(odd(74), 1.0)
        assert since(desk, from_ns).denied == 1
        assert since(desk, 0).denied == 1, "and from the day's beginning as well"
        first = segment_path(desk.folder, 1)
        first.write_bytes(first.read_bytes()[:128] + b"\xff" * 8_000)
        assert since(desk, from_ns).denied == 1, "what was before is not read"
