"""The gate of a live desk, against a real broker's wire: READY is said of a desk of which every row is known to hold,
and one thing out of its place is enough to say no."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.desk import TINY
from harness.gate_home import LIMITS, READINESS, GateHome, sim_home
from harness.journal_days import write_day
from harness.raw_http import RawHttp, answer
from harness.receipts import todays_receipt
from harness.served import Served
from tarazu.adapters.signing import key_of
from tarazu.app import audit
from tarazu.app.alerts.alert import Alert
from tarazu.app.alerts.post import post
from tarazu.app.incidents.store import close, open_incident
from tarazu.app.masters.freeze import freeze_folder
from tarazu.app.readiness.gate import GatePhase, NoSuchRow, readiness
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.receipt import last_word
from tarazu.app.readiness.rows.row import Row
from tarazu.app.readiness.rows.table import ROWS, looked
from tarazu.app.readiness.told import gate_verdict
from tarazu.app.verdict import Check, Status
from tarazu.model import ist
from tarazu.model.units import DAY_NS, HOUR_NS, SECOND_NS
from tarazu.runtime.desk_record import DeskKind, append
from tarazu.runtime.journal_files import day_folder, segment_path

FRIDAY_NS = 3 * DAY_NS


@pytest.mark.control("C39")
def test_a_desk_with_everything_in_its_place_is_ready_and_the_receipt_is_in_the_record(gate: GateHome) -> None:
    found, receipt = gate.ask()
    assert found.ready, found.blockers
    assert found.phase is GatePhase.PRE_OPEN
    of_here = {"calendar.horizon", "rules.horizon", "disk", "backup", "ship"}
    assert {c.id for c in found.warnings} <= of_here, "of the year and of this machine"
    assert receipt is not None and receipt.ready and receipt.config_sha256 == found.config_sha256
    assert todays_receipt(gate.home, gate.now_ns) == receipt
    assert todays_receipt(gate.home, gate.now_ns + DAY_NS) is None, "another day's is none"
    told = gate_verdict(found, receipt)
    assert told.exit_code == 0 and told.text().startswith("READY  LIVE  pre-open  0 blockers"), told.text()
    assert receipt.id in told.headline


def test_every_row_that_can_be_looked_at_before_the_open_is_and_the_others_say_why_not(gate: GateHome) -> None:
    checks = {c.id: c for c in gate.look().checks}
    assert set(checks) == {row.id for row in ROWS}
    skipped = {c.id for c in checks.values() if c.status is Status.SKIP}
    assert skipped == {"db.schema", "audit.chain", "model", "processes", "engine", "feed"}
    assert all(checks[name].detail for name in skipped)


def no_token(gate: GateHome) -> None:
    gate.env(KITE_ACCESS_TOKEN="")


def old_token(gate: GateHome) -> None:
    gate.env(KITE_ACCESS_TOKEN="yesterdays")


def wide_env(gate: GateHome) -> None:
    gate.home.env_file.chmod(0o644)


def misspelt_limit(gate: GateHome) -> None:
    gate.settings(TINY + "[engine.risk]\nday_los_max = 1\n")


def one_limit_missing(gate: GateHome) -> None:
    gate.settings(TINY + LIMITS.replace("day_loss_max = 1e12\n", "") + READINESS)


def no_position_limit(gate: GateHome) -> None:
    gate.settings(TINY + LIMITS.replace("position_limit_default = 10_000", "") + READINESS)


def no_strategy_of_that_name(gate: GateHome) -> None:
    strategy = '[[engine.strategies]]\nfactory = "no_such_thing"\n'
    gate.settings(TINY + LIMITS + strategy + READINESS)


def no_ip_said(gate: GateHome) -> None:
    gate.settings(TINY + LIMITS)


def no_freeze_list(gate: GateHome) -> None:
    for path in freeze_folder(gate.home).iterdir():
        path.unlink()


def freeze_list_without_nifty(gate: GateHome) -> None:
    for path in freeze_folder(gate.home).iterdir():
        path.write_text("SYMBOL,VOL_FRZ_QTY\nBANKNIFTY,600\n")


def freeze_list_of_something_else(gate: GateHome) -> None:
    for path in freeze_folder(gate.home).iterdir():
        path.write_text("<html>not found</html>\n")


def nobody_to_alert(gate: GateHome) -> None:
    gate.env(TARAZU_ALERT_URLS="")


def alerts_never_tried(gate: GateHome) -> None:
    gate.env(TARAZU_ALERT_URLS="json://127.0.0.1:9/another")


def alert_that_nobody_has_taken(gate: GateHome) -> None:
    post(gate.home, Alert("HARD_HALT", "SEV1", "halted", "k"), gate.now_ns, "test")


def breaker_open(gate: GateHome) -> None:
    gate.home.feed_breaker.write_text("{}")


def grave_incident(gate: GateHome) -> None:
    open_incident(gate.home, "SEV1", "HARD_HALT", "a loss", who="test", now_ns=gate.now_ns)


def active_model_gone(gate: GateHome) -> None:
    folder = gate.home.models / "xgb"
    folder.mkdir(parents=True)
    (folder / "active").write_text("0" * 64)


def master_altered(gate: GateHome) -> None:
    gate.look("instruments")
    day = ist.day_of(gate.now_ns)
    (gate.home.masters / f"{day}.json").write_text("{}")


def journal_altered(gate: GateHome) -> None:
    day = ist.day_of(gate.now_ns - FRIDAY_NS)
    root, name = gate.home.journal, audit.journal_name(gate.home)
    write_day(root, key_of(gate.home.keys, name), day=day, name=name)
    path = segment_path(day_folder(root, day), 1)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def record_altered(gate: GateHome) -> None:
    for _ in range(2):
        append(gate.home.desk, DeskKind.STACK, {"did": "up"}, who="test", now_ns=gate.now_ns)
    path = next(gate.home.desk.glob("*.jsonl"))
    path.write_text(path.read_text().replace("up", "ip", 1))


def halt_asked(gate: GateHome) -> None:
    append(gate.home.desk, DeskKind.HALT_ASKED, {"why": "a flatten"}, who="test", now_ns=gate.now_ns)


def database_of_something_else(gate: GateHome) -> None:
    (gate.home.root / "database.sqlite").write_bytes(b"not a database at all" * 100)


BROKEN = [
    (no_token, "session.token", "NO_TOKEN"),
    (old_token, "session.token", "TOKEN_REFUSED"),
    (wide_env, "secrets", "SECRETS_WIDE"),
    (misspelt_limit, "config", "BAD_SETTINGS"),
    (one_limit_missing, "limits", "NO_LIMIT"),
    (no_position_limit, "limits", "NO_LIMIT"),
    (no_strategy_of_that_name, "strategies", "BAD_STRATEGY"),
    (no_ip_said, "static_ip", "NO_STATIC_IP"),
    (no_freeze_list, "freeze_qty", "NO_FREEZE_LIST"),
    (freeze_list_without_nifty, "freeze_qty", "FREEZE_NAMES"),
    (freeze_list_of_something_else, "freeze_qty", "FREEZE_LIST"),
    (nobody_to_alert, "notify", "NO_ALERT_URLS"),
    (alerts_never_tried, "notify", "ALERTS_UNTRIED"),
    pytest.param(alert_that_nobody_has_taken, "notify", "HALT_UNANSWERED", marks=pytest.mark.control("C27")),
    (breaker_open, "breaker", "BREAKER_OPEN"),
    (grave_incident, "incidents", "HALT_OPEN"),
    (active_model_gone, "model", "BAD_MODEL"),
    (master_altered, "instruments", "MASTER_DAMAGED"),
    (journal_altered, "audit.chain", "CORRUPT"),
    (record_altered, "desk.chain", "DESK_CHAIN"),
    (halt_asked, "risk", "HALT_ASKED"),
    (database_of_something_else, "db.schema", "DB_DAMAGED"),
]


@pytest.mark.parametrize(("broken", "row", "code"), BROKEN, ids=lambda v: getattr(v, "__name__", ""))
def test_one_thing_out_of_its_place_is_not_ready(
    gate: GateHome, broken: Callable[[GateHome], None], row: str, code: str
) -> None:
    broken(gate)
    found = gate.look(row)
    assert not found.ready
    first = found.checks[0]
    assert (first.id, first.code, first.status) == (row, code, Status.CRIT), found.checks
    assert first.detail, "and says why"
    assert gate_verdict(found).exit_code == 2


@pytest.mark.control("C39")
def test_no_answer_is_unknown_and_never_ready(gate: GateHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tarazu.app.broker_address.KITE_REST", "http://127.0.0.1:9")
    found, receipt = gate.ask()
    unknown = {c.id for c in found.checks if c.status is Status.UNKNOWN}
    assert unknown == {"session.token", "static_ip", "clock.skew", "instruments", "reconcile"}
    assert not found.ready and not any(c.status is Status.CRIT for c in found.checks), found.blockers
    told = gate_verdict(found, receipt)
    assert (told.word, told.exit_code) == ("NOT_READY", 3)
    assert todays_receipt(gate.home, gate.now_ns) is None


@pytest.mark.control("C19")
@pytest.mark.parametrize(
    ("page", "status", "code"),
    [
        (b"203.0.113.7\n", Status.OK, ""),
        (b"8.8.4.4", Status.CRIT, "STATIC_IP"),
        (b"10.0.0.4", Status.UNKNOWN, "IP_UNKNOWN"),
        (b"<html>", Status.UNKNOWN, "IP_UNKNOWN"),
        (b"", Status.UNKNOWN, "IP_UNKNOWN"),
    ],
)
def test_orders_come_from_the_registered_address_or_the_desk_is_not_ready(
    gate: GateHome, page: bytes, status: Status, code: str
) -> None:
    with RawHttp([[answer(page, kind="text/plain")]]) as echo:
        said = f'[readiness]\nstatic_ip = "203.0.113.7"\nip_echo_url = "{echo.root}"\n'
        gate.settings(TINY + LIMITS + said)
        check = gate.row("static_ip")
    assert (check.status, check.code) == (status, code), check


def test_a_page_that_answers_no_http_is_unknown(gate: GateHome) -> None:
    with RawHttp([[b"garbage\r\n\r\n"]]) as echo:
        gate.settings(TINY + LIMITS + f'[readiness]\nstatic_ip = "203.0.113.7"\nip_echo_url = "{echo.root}"\n')
        check = gate.row("static_ip")
    assert (check.status, check.code) == (Status.UNKNOWN, "IP_UNKNOWN"), check


def test_a_bug_in_a_row_is_unknown_and_hides_no_other(gate: GateHome) -> None:
    def wrong(look: Look, row: Check) -> Check:
        raise KeyError("a bug")

    (check,) = looked(Look(gate.home), Row("limits", wrong))
    assert (check.status, check.code) == (Status.UNKNOWN, "BUG"), check


def test_an_address_behind_a_router_is_not_known(gate: GateHome) -> None:
    gate.settings(TINY + LIMITS + READINESS.replace("127.0.0.1", "203.0.113.7"))
    check = gate.row("static_ip")
    assert (check.status, check.code) == (Status.UNKNOWN, "IP_UNKNOWN") and "ip_echo_url" in check.hint


@pytest.mark.control("C19")
def test_a_clock_that_is_off_the_brokers_is_not_ready(gate: GateHome, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gate.row("clock.skew").status is Status.OK
    clock = gate.clock
    monkeypatch.setattr(Look, "wall_ns", lambda look: clock.wall_ns() - 5 * SECOND_NS)
    check = gate.row("clock.skew")
    assert (check.status, check.code) == (Status.CRIT, "CLOCK_SKEW")
    assert isinstance(check.observed, float) and 4 < check.observed < 6, check


def test_a_session_of_before_six_is_none_for_the_day(gate: GateHome, monkeypatch: pytest.MonkeyPatch) -> None:
    early_ns = ist.midnight_ns(ist.day_of(gate.now_ns)) + 5 * HOUR_NS
    monkeypatch.setattr("tarazu.app.session.standing.session_now_ns", lambda address: early_ns)
    monkeypatch.setattr(Look, "wall_ns", lambda look: early_ns)
    assert gate.row("session.expiry").code == "TOKEN_DIES_FIRST"


def test_a_day_without_trading_is_not_ready_and_the_next_one_is_named(gate: GateHome) -> None:
    def on(later_ns: int) -> Check:
        return readiness(gate.home, now_ns=gate.now_ns + later_ns, only=["calendar"]).checks[0]

    holiday, beyond = on(DAY_NS), on(400 * DAY_NS)  # Tuesday 24 November is a holiday
    assert (holiday.status, holiday.code) == (Status.CRIT, "NO_TRADING")
    assert "the next is Wed 25 Nov" in holiday.detail
    assert (beyond.status, beyond.code) == (Status.CRIT, "NOT_COVERED")


def test_another_writer_of_the_journal_is_not_ready(gate: GateHome) -> None:
    gate.home.journal.mkdir()
    fd = os.open(gate.home.journal / "writer.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)
    os.pwrite(fd, b"%d\n" % os.getpid(), 0)
    try:
        assert gate.row("lock").code == "SECOND_WRITER"
    finally:
        os.close(fd)
    assert gate.row("lock").status is Status.OK


def test_a_closed_incident_is_in_nobodys_way_and_a_lesser_one_warns(gate: GateHome) -> None:
    one = open_incident(gate.home, "SEV2", "FEED_STALE", "for a while", who="test", now_ns=gate.now_ns)
    assert gate.row("incidents").status is Status.WARN
    close(gate.home, one.id, "it healed", who="test", now_ns=gate.now_ns)
    assert gate.row("incidents").status is Status.OK


def test_a_halt_alone_lets_main_begin_and_is_no_ready(gate: GateHome) -> None:
    halt_asked(gate)
    found, receipt = gate.ask()
    assert not found.ready and found.may_start
    assert receipt is not None and not receipt.ready and receipt.may_start
    assert gate_verdict(found, receipt).word == "NOT_READY"
    one_limit_missing(gate)
    assert not gate.look().may_start, "a halt, and something else"


def test_a_not_ready_is_written_down_once(gate: GateHome) -> None:
    no_freeze_list(gate)
    assert gate.ask()[1] is not None
    assert gate.ask()[1] is None, "no news"
    last = last_word(gate.home, gate.now_ns)
    assert last is not None and last.blockers == ("freeze_qty NO_FREEZE_LIST",)


def test_a_part_of_the_rows_is_never_worth_a_receipt(gate: GateHome) -> None:
    found = gate.look("limits", "risk")
    assert found.ready and not found.whole
    assert gate.ask(only=("limits", "risk"))[1] is None and todays_receipt(gate.home, gate.now_ns) is None
    told = gate_verdict(found)
    assert (told.word, told.exit_code) == ("PASSED", 0) and "no receipt" in told.summary
    with pytest.raises(NoSuchRow, match="no row nonsense"):
        gate.look("nonsense")


def test_with_strict_a_warning_is_in_the_way(gate: GateHome) -> None:
    found = gate.look("calendar")
    assert found.warnings and gate_verdict(found).exit_code == 0
    strict, _ = gate.ask(["calendar"], strict=True)
    assert (gate_verdict(strict).word, gate_verdict(strict).exit_code) == ("NOT_READY", 1)


def test_what_strict_calls_not_ready_is_no_receipt_of_a_ready(gate: GateHome) -> None:
    found, receipt = gate.ask(strict=True)
    assert found.warnings and not found.blockers and gate_verdict(found, receipt).word == "NOT_READY"
    assert receipt is not None and (receipt.verdict, receipt.may_start) == ("NOT_READY", False)
    assert todays_receipt(gate.home, gate.now_ns) is None


def halted_by_the_watchdog(gate: GateHome) -> str:
    """As it leaves a desk: the halt, its incident, its alert that nobody has taken."""
    halt_asked(gate)
    alert_that_nobody_has_taken(gate)
    return open_incident(gate.home, "SEV1", "HARD_HALT", "a loss", who="watchdog", now_ns=gate.now_ns).id


def test_a_halt_with_its_incident_and_its_alert_lets_main_begin_and_is_no_ready(gate: GateHome) -> None:
    halted_by_the_watchdog(gate)
    found, receipt = gate.ask()
    assert {(c.id, c.code) for c in found.blockers} == {
        ("risk", "HALT_ASKED"), ("incidents", "HALT_OPEN"), ("notify", "HALT_UNANSWERED"),
    }  # fmt: skip
    assert found.may_start and receipt is not None and receipt.may_start and not receipt.ready
    nobody_to_alert(gate)
    assert not gate.look().may_start, "the halt's alert hides no missing address"


def test_another_incident_beside_the_halts_keeps_main_from_beginning(gate: GateHome) -> None:
    halted_by_the_watchdog(gate)
    open_incident(gate.home, "SEV1", "AUDIT_CHAIN", "altered", who="watchdog", now_ns=gate.now_ns)
    assert not gate.look().may_start


def test_the_incident_of_a_halt_that_was_reset_is_no_halt(gate: GateHome) -> None:
    grave_incident(gate)
    found = gate.look()
    assert [c.code for c in found.blockers] == ["HALT_OPEN"] and not found.may_start, "main would not begin halted"


def test_a_home_that_takes_nothing_is_not_ready(gate: GateHome, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(gate.home.desk)
    gate.home.desk.write_text("a file where the record should be")
    found, receipt = gate.ask()
    assert receipt is None and not found.ready
    assert found.checks[-1].code == "NOT_RECORDED"


def test_the_paper_profile_needs_limits_and_no_address(tmp_path: Path, box: Served) -> None:
    home = sim_home(tmp_path, box)
    found = {c.id: c for c in readiness(home).checks}
    assert found["limits"].code == "NO_LIMIT" and found["limits"].status is Status.CRIT
    assert found["static_ip"].status is found["reconcile"].status is Status.SKIP
    assert found["freeze_qty"].status is found["notify"].status is Status.WARN
