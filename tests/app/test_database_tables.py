"""What the tables say of a morning, row for row."""

import pytest

from harness import desk_stories
from harness.engine_desk import KEY
from harness.journalled_desk import JournalledDesk
from harness.order_story import DAY
from tarazu.adapters.sqlite_projection.content import Database
from tarazu.app.database import database_file
from tarazu.app.database.projector import Projector
from tarazu.app.home import Home, Profile


@pytest.fixture
def played(tmp_path):
    """Play a story at a desk that is ready, and ask the database about it: `ask(sql)` and the desk."""
    home = Home(Profile.SIM, tmp_path / "sim")
    opened = []

    def play(*stories):
        with JournalledDesk(home) as desk:
            desk.ready()
            for story in stories:
                story(desk)
        projector = Projector(home.journal, database_file(home))
        projector.catch_up()
        projector.close()
        opened.append(Database(database_file(home)))
        return opened[0].query, desk

    yield play
    for database in opened:
        database.__exit__()


def test_an_order_has_an_intent_a_request_with_its_answer_events_and_a_fill(played):
    ask, desk = played(desk_stories.timeout_then_found)
    tag = desk.sent[0].order.tag
    assert ask("SELECT ref, purpose, strategy, side, qty, price_paise, stop_distance_paise FROM intents")[0] == (
        tag, "ENTRY", "story", "BUY", 75, 10_000, 2_000
    )  # fmt: skip
    requests = ask("SELECT call, ref, answer, answer_text FROM requests ORDER BY sequence, nth")
    assert requests[0] == ("PLACE", tag, "NO_ANSWER", "TIMEOUT after 5 s")
    assert requests[1][2:] == (None, None), "nobody has answered the stop yet"
    moves = ask("SELECT was, status FROM order_events WHERE ref = ? ORDER BY sequence, nth", tag)
    assert moves == [("INTENDED", "IN_FLIGHT"), ("IN_FLIGHT", "UNKNOWN"), ("UNKNOWN", "WORKING"), ("WORKING", "FILLED")]
    assert ask("SELECT order_id, exec_id, ref, qty, price_paise FROM fills") == [("17", "t1", tag, 75, 10_000)]
    latest = "SELECT order_id, status, cum_qty, traded_qty, traded_paise FROM orders WHERE ref = ?"
    assert ask(latest, tag) == [("17", "FILLED", 75, 75, 750_000)]
    assert ask("SELECT covers, order_type, trigger_paise FROM intents WHERE purpose = 'STOP'") == [(tag, "SL", 8_000)]
    assert ask("SELECT qty, broker_qty, buy_value_paise, open_cost_paise FROM positions") == [(75, 0, 750_000, 750_000)]


def test_changes_and_cancellations_are_requests_with_their_reasons(played):
    ask, _ = played(desk_stories.cancelled_then_filled)
    asked = ask("SELECT call, order_id, price_paise, why, answer FROM requests WHERE call <> 'PLACE' ORDER BY sequence")
    assert asked == [
        ("MODIFY", "27", 9_500, "story", "ACCEPTED"),
        ("CANCEL", "27", None, "the signal is gone", "ACCEPTED"),
    ]
    assert ("SEV2", "CORRECTED") in ask("SELECT severity, code FROM alerts")


def test_a_denied_want_has_one_row_for_each_no_and_no_intent(played):
    ask, _ = played(desk_stories.denied)
    rows = ask("SELECT code, observed, limit_text, want, strategy, instrument_key, qty, price_paise FROM denials")
    want = ("ENTRY", "story", KEY, 750, 9_001)
    assert rows == [("TICK", "₹90.01", "a multiple of ₹0.05", *want), ("POSITION", "750", "300", *want)]
    assert ask("SELECT count(*) FROM intents") == ask("SELECT count(*) FROM requests") == [(0,)]


def test_a_foreign_order_is_an_order_without_an_intent(played):
    ask, _ = played(desk_stories.foreign)
    assert ask("SELECT ref, order_id, is_ours, status, qty FROM orders") == [("#99", "99", 0, "CANCELED", 150)]
    assert ask("SELECT severity, code, of_what FROM alerts") == [("SEV2", "FOREIGN", "#99")]


def test_a_claimed_order_takes_the_strangers_fills_and_the_stranger_is_no_more(played):
    ask, desk = played(desk_stories.claimed)
    tag = desk.sent[0].order.tag
    assert ask("SELECT ref, status, cum_qty FROM orders WHERE order_id = '55'") == [(tag, "FILLED", 75)]
    assert ask("SELECT count(*) FROM orders WHERE is_ours = 0") == [(0,)]
    assert ask("SELECT ref FROM fills") == [(tag,)]
    assert ask("SELECT command, who, why, ref, order_id FROM commands") == [("CLAIM", "asha", "I saw it", tag, "55")]


def test_halts_phases_and_runs_are_told_with_their_reasons(played):
    ask, desk = played(desk_stories.busy_morning)
    halts = ask("SELECT is_halted, code, why FROM halts ORDER BY sequence")
    assert halts == [(1, "OPERATOR", "asha: lunch"), (0, "", "")]
    assert [row[0] for row in ask("SELECT phase FROM phases ORDER BY sequence, nth")][:2] == ["RECONCILING", "ACTIVE"]
    assert "HALTED" in [row[0] for row in ask("SELECT phase FROM phases")]
    assert ask("SELECT epoch, profile, build FROM runs") == [(1, "sim", "test")]
    assert ask("SELECT day, sequence FROM journal") == [(str(DAY), desk.journal.sequence)]
