"""`tarazu flatten` with main, feed, supervisor and database all down: judged by the broker's own books."""

import errno
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.flatten_desk import CALL, FAR, LOT, PUT, RESTING, FlattenDesk, flatten_desk
from harness.main_health import well
from harness.supervised import PATIENCE_S
from tarazu.adapters.system_clock import SystemClock
from tarazu.app.account.reading import AccountRead, Failure, Read, Why
from tarazu.app.account.whose import account_address, clock_of
from tarazu.app.flatten.alone import Alone, AnotherFlatten
from tarazu.app.flatten.book import AccountBook
from tarazu.app.flatten.evidence import Evidence
from tarazu.app.flatten.tags import Tags, is_flatten_tag, on_the_wire
from tarazu.app.health import write_health
from tarazu.app.home import Home, Profile
from tarazu.app.main.health import PlaceHealth
from tarazu.app.supervision.waiting import until
from tarazu.model import ist
from tarazu.model.units import MILLISECOND_NS
from tarazu.runtime.writer_lock import WriterLock
from tarazu.wire.kite_books import OrderBook, read_orders
from tarazu.wire.kite_money import PositionsData


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlattenDesk]:
    with flatten_desk(tmp_path_factory.mktemp("account")) as made:
        yield made


@pytest.fixture
def desk(account: FlattenDesk) -> Iterator[FlattenDesk]:
    """The account, flat at the beginning; the faults of a test end with it."""
    account.calm()
    if account.truth.net or account.truth.working:
        assert account.live(patience_s=240).code == 0
    yield account
    account.calm()


def mixed(desk: FlattenDesk) -> None:
    """A long above the freeze quantity with a resting stop, a short, an entry that rests."""
    desk.buy(CALL, 20 * LOT)
    desk.buy(CALL, 20 * LOT)
    desk.sell(PUT, LOT, product="MIS")
    desk.held(**{CALL: 40 * LOT, PUT: -LOT})
    last = desk.last(CALL)
    desk.stop(CALL, "SELL", LOT, trigger=last * 0.8 // 1, price=last * 0.75 // 1)
    desk.rest(RESTING, "BUY", LOT, price=5.0)  # in a place of its own: what is cancelled cools for two minutes
    desk.until(lambda truth: len(truth.working) == 2)


@pytest.mark.control("C22")
def test_a_plan_names_every_order_and_sends_none(desk: FlattenDesk) -> None:
    mixed(desk)
    before = desk.truth.orders
    said = desk.run("flatten", "--dry-run", "--json")
    told = said.told
    assert (said.code, told["verdict"], told["phrase"]) == (1, "PLAN ONLY", "FLATTEN 2")
    put, call = told["closes"]
    assert (put["key"], put["product"], put["side"], put["slices"]) == (f"NFO:{PUT}", "MIS", "BUY", [LOT])
    assert (call["broker"], call["side"], call["turned"]) == (40 * LOT, "SELL", LOT)
    assert sum(call["slices"]) == 39 * LOT and max(call["slices"]) <= 1_800, "each slice under the freeze quantity"
    assert call["protection_bps"] == -1 and call["estimate_paise"] > 0 and call["charges_paise"] > 0
    assert [(row["side"], row["is_turned"]) for row in told["cancels"]] == [("BUY", False), ("SELL", True)]
    assert set(desk.truth.orders) == set(before) and not desk.home.desk.exists(), (
        "nothing was sent, nothing was written"
    )

    text = desk.run("flatten").text
    assert text.startswith("PLAN ONLY  SIM  nothing sent  source BROKER") and "then type: FLATTEN 2" in text


@pytest.mark.control("C22")
def test_it_ends_flat_on_the_brokers_own_books_and_never_flips(desk: FlattenDesk) -> None:
    mixed(desk)
    before = set(desk.truth.orders)
    said = desk.live()
    assert (said.code, said.told["verdict"], said.told["by"]) == (0, "FLAT", "flatten"), said.text + said.errors
    truth = desk.truth
    assert not truth.net and not truth.working
    mine = [row for id_, row in truth.orders.items() if id_ not in before]
    assert all(is_flatten_tag(row["tag"]) for row in mine)
    sides = {(row["tradingsymbol"], row["product"], row["transaction_type"]) for row in mine}
    assert sides == {(CALL, "NRML", "SELL"), (PUT, "MIS", "BUY")}, "no product and no side but those that close"
    assert mine[0]["tradingsymbol"] == PUT, "shorts first"
    assert sum(row["filled_quantity"] for row in mine) == 39 * LOT + LOT, "the resting stop closed the rest"

    steps = [entry["body"].get("step") for entry in desk.record() if entry["kind"] == "flatten"]
    assert steps[0] == "begin" and steps[-1] == "end" and steps.count("place") == steps.count("place.answer")
    asked = [entry for entry in desk.record() if entry["kind"] == "risk.halt_asked"]
    assert asked and asked[-1]["body"]["level"] == "HARD_HALT", "main takes it when it starts"
    again = desk.run("flatten", "--json")
    assert (again.code, again.told["verdict"]) == (0, "FLAT")


@pytest.mark.control("C22")
def test_nothing_is_sent_without_the_phrase(desk: FlattenDesk) -> None:
    desk.buy(CALL)
    desk.held(**{CALL: LOT})
    before = desk.truth.orders
    for typed in ("", "y\n", "FLATTEN 2\n", "flatten 1\n"):
        said = desk.run("flatten", "--live", "--reason", "a test", typed=typed)
        assert said.code == 4 and said.text.startswith("REFUSED  SIM  nothing sent"), said.text
    assert set(desk.truth.orders) == set(before)
    said = desk.run("flatten", "--live", "--reason", "a test", typed="FLATTEN 1\n")
    assert said.code == 0 and not desk.truth.net, said.text


def test_a_reason_is_needed_and_yes_is_not_for_real_money(desk: FlattenDesk) -> None:
    assert desk.run("flatten", "--live").code == 64
    assert desk.run("flatten", "--live", "--dry-run", "--reason", "a test").code == 64
    said = desk.run("flatten", "--live", "--reason", "a test", "--yes", "--profile", "live")
    assert said.code == 64 and "typed" in said.errors


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        ("rest.timeout_after", {"count": 1, "match": {"method": "POST"}, "params": {"hang_s": 20.0}}),
        ("rest.hangup_after", {"count": 1, "match": {"method": "POST"}}),
        ("rest.throttle", {"count": 6, "probability": 0.5}),
        ("rest.status", {"count": 2, "match": {"method": "GET"}, "params": {"status": 503}}),
    ],
)
def test_no_fault_of_the_wire_doubles_an_exit(desk: FlattenDesk, kind: str, order: dict[str, Any]) -> None:
    desk.buy(CALL, 2 * LOT)
    desk.sell(PUT)
    before = set(desk.held(**{CALL: 2 * LOT, PUT: -LOT}).orders)
    if kind == "rest.status":
        order = order | {"match": {"method": "GET", "path": "/portfolio*"}}
    desk.strike(kind, **order)
    said = desk.live(patience_s=240)
    first = said.told
    if first["verdict"] == "UNKNOWN":  # the very first read was struck: nothing was begun
        assert said.code == 3 and set(desk.truth.orders) == before
        said = desk.live(patience_s=240)
    desk.calm()
    truth = desk.truth
    assert (said.code, truth.net, truth.working) == (0, {}, []), said.text + said.errors
    filled = [row["filled_quantity"] for id_, row in truth.orders.items() if id_ not in before]
    assert sum(filled) == 3 * LOT, "what was held, and no unit more"


def test_an_exit_without_an_answer_counts_for_the_next_flatten_too(account: FlattenDesk, tmp_path: Path) -> None:
    """It may still come: a second one that forgot it would sell twice. In a home of its own: what is unknown there, and
    looks like what is then sold by hand, would keep every other test from being flat for ten minutes."""
    desk = FlattenDesk(tmp_path, account.served)
    desk.buy(CALL)
    desk.held(**{CALL: LOT})
    desk.strike("rest.timeout", count=1, match={"method": "POST"}, params={"hang_s": 20.0})
    said = desk.live(patience_s=6)
    assert (said.code, said.told["verdict"]) == (5, "PARTIAL"), said.text + said.errors
    plan = desk.run("flatten", "--json").told
    assert plan["closes"][0]["slices"] == [] and "UNKNOWN" in plan["closes"][0]["waits"][0]
    assert desk.truth.net == {(f"NFO:{CALL}", "NRML"): LOT}
    desk.sell(CALL)  # by hand
    desk.held()
    plan = desk.run("flatten", "--json")
    assert (plan.code, plan.told["verdict"]) == (1, "PLAN ONLY"), "nothing is held, and a sell may still come"
    said = desk.live(patience_s=3)
    assert (said.code, said.told["verdict"], said.told["halted"]) == (5, "PARTIAL", True), said.text + said.errors


def test_what_the_broker_refuses_is_partial_and_named(desk: FlattenDesk) -> None:
    desk.buy(CALL)
    desk.held(**{CALL: LOT})
    desk.strike("rest.throttle", match={"method": "POST"})
    said = desk.live(patience_s=4)
    told = said.told
    assert (said.code, told["verdict"], told["flat"]) == (5, "PARTIAL", False)
    assert [check["code"] for check in told["checks"] if check["id"] == "flatten.refused"] == ["EXIT_REFUSED"]
    assert [row["key"] for row in told["closes"]] == [f"NFO:{CALL}"]
    desk.calm()
    assert desk.live().code == 0 and not desk.truth.net


def test_a_record_that_cannot_be_written_stops_nothing(desk: FlattenDesk) -> None:
    aside = desk.home.desk.with_suffix(".aside")
    if desk.home.desk.exists():
        desk.home.desk.rename(aside)
    desk.home.desk.write_text("no folder")
    try:
        desk.buy(CALL)
        desk.held(**{CALL: LOT})
        said = desk.live()
        assert said.code == 1 and not desk.truth.net, said.text + said.errors
        assert said.told["verdict"] == "FLAT" and not said.told["halted"], "flat, and a halt that is nowhere is told"
        assert "NO_HALT" in [check["code"] for check in said.told["checks"]]
        fallback = desk.home.root / "flatten-evidence.jsonl"
        steps = [json.loads(line) for line in fallback.read_text().splitlines()]
        assert {"place", "place.answer", "end"} <= {step["body"].get("step") for step in steps}
        assert str(fallback) in said.told["evidence"]
    finally:
        desk.home.desk.unlink()
        if aside.exists():
            aside.rename(desk.home.desk)


def test_two_never_flatten_at_once(desk: FlattenDesk) -> None:
    desk.buy(CALL)
    before = desk.held(**{CALL: LOT}).orders
    first = Alone(desk.home)
    try:
        said = desk.live()
        assert said.code == 4 and "another flatten runs" in said.text
        assert set(desk.truth.orders) == set(before)
    finally:
        first.close()


def at_its_prompt(desk: FlattenDesk, phrase: str) -> subprocess.Popen[str]:
    """A flatten that has shown its plan and waits for the phrase."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("KITE_", "TARAZU_"))}
    where = {"TARAZU_HOME": str(desk.home.root.parent), "TARAZU_PROFILE": "sim"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tarazu", "flatten", "--live", "--reason", "a test", "--json", "--patience", "200"],
        env={**plain, **where},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    asked = f"type {phrase} to send these orders: "
    seen = ""
    while not seen.endswith(asked):
        letter = process.stderr.read(1)
        assert letter, f"it has ended: {seen}"
        seen += letter
    return process


def typed(process: subprocess.Popen[str], phrase: str) -> tuple[int, str, str]:
    out, errors = process.communicate(f"{phrase}\n", timeout=240)
    return process.returncode, out, errors


def test_what_changed_behind_the_prompt_is_never_carried_out_by_the_old_plan(desk: FlattenDesk) -> None:
    desk.buy(CALL)
    desk.held(**{CALL: LOT})
    waiting = at_its_prompt(desk, "FLATTEN 1")
    desk.sell(CALL)  # by hand, meanwhile
    before = set(desk.held().orders)
    code, out, errors = typed(waiting, "FLATTEN 1")
    assert code == 0 and json.loads(out)["verdict"] == "FLAT", out + errors
    assert set(desk.truth.orders) == before and not desk.truth.net, "no order: it would have been a naked short"
    assert "the account is another than the plan has shown" in errors


def test_a_prompt_that_nobody_answers_keeps_no_other_flatten_out(desk: FlattenDesk) -> None:
    desk.buy(CALL)
    desk.held(**{CALL: LOT})
    waiting = at_its_prompt(desk, "FLATTEN 1")
    try:
        said = desk.live()
        assert said.code == 0 and not desk.truth.net, said.text + said.errors
    finally:
        code, _, _ = typed(waiting, "no")
    assert code == 4


def test_a_terminal_that_is_gone_stops_no_flatten(desk: FlattenDesk) -> None:
    desk.buy(CALL)
    desk.held(**{CALL: LOT})
    waiting = at_its_prompt(desk, "FLATTEN 1")
    assert waiting.stdin is not None and waiting.stdout is not None and waiting.stderr is not None
    waiting.stderr.close()
    waiting.stdin.write("FLATTEN 1\n")
    waiting.stdin.close()
    out = waiting.stdout.read()
    assert waiting.wait(timeout=240) == 0 and json.loads(out)["verdict"] == "FLAT", out
    assert not desk.truth.net and desk.record()[-1]["body"]["step"] == "end"


def test_one_that_is_told_to_end_writes_down_how_far_it_came(desk: FlattenDesk) -> None:
    desk.buy(CALL)
    desk.held(**{CALL: LOT})
    desk.strike("rest.throttle", match={"method": "POST"})
    before = len(desk.record())
    waiting = at_its_prompt(desk, "FLATTEN 1")
    assert waiting.stdin is not None and waiting.stdout is not None
    waiting.stdin.write("FLATTEN 1\n")
    waiting.stdin.close()
    assert until(lambda: any(entry["body"].get("step") == "begin" for entry in desk.record()[before:]), PATIENCE_S)
    waiting.terminate()
    out = waiting.stdout.read()
    assert waiting.wait(timeout=240) == 5 and json.loads(out)["verdict"] == "PARTIAL", out
    assert "ASKED_TO_END" in [check["code"] for check in json.loads(out)["checks"]]
    end = desk.record()[-1]["body"]
    assert (end["step"], end["flat"], end["asked_to_end"]) == ("end", False, True)
    desk.calm()
    assert desk.live().code == 0 and not desk.truth.net


@pytest.mark.control("C22")
def test_a_live_flatten_of_an_empty_account_halts_all_the_same(desk: FlattenDesk) -> None:
    before = len(desk.record())
    said = desk.live()
    assert (said.code, said.told["verdict"], said.told["halted"]) == (0, "FLAT", True), said.text + said.errors
    news = desk.record()[before:]
    assert "risk.halt_asked" in [entry["kind"] for entry in news] and news[-1]["body"]["step"] == "end"


def test_an_exit_in_a_fallback_file_counts_and_makes_no_account_flat(desk: FlattenDesk) -> None:
    """The record could not be written when it was sent; held by hand meanwhile, the account is not flat beside it."""
    fallback = desk.home.root / "flatten-evidence.jsonl"
    order = {"tag": desk_tag(desk), "exchange": "NFO", "tradingsymbol": CALL, "side": "SELL", "qty": LOT}
    request = order | {"product": "NRML", "order_type": "MARKET", "protection_bps": -1}
    now_ns = desk_clock(desk)
    body = {"run": "fl-a-test", "step": "place", "request": request}
    fallback.write_text(json.dumps({"ts_ns": now_ns, "kind": "flatten", "who": "a test", "body": body}) + "\n")
    try:
        plan = desk.run("flatten", "--json")
        assert (plan.code, plan.told["verdict"]) == (1, "PLAN ONLY"), plan.text
        assert "ORDER_UNKNOWN" in [check["code"] for check in plan.told["checks"]]
        said = desk.live(patience_s=3)
        assert (said.code, said.told["verdict"]) == (5, "PARTIAL"), said.text + said.errors
        fallback.write_text("no line\n")
        plan = desk.run("flatten", "--json")
        assert "EVIDENCE_UNREAD" in [check["code"] for check in plan.told["checks"]], plan.text
    finally:
        fallback.unlink()


def desk_clock(desk: FlattenDesk) -> int:
    address = account_address(desk.home, {})
    return clock_of(address).wall_ns()


def desk_tag(desk: FlattenDesk) -> str:
    now_ns = desk_clock(desk)
    day = ist.day_of(now_ns)
    return on_the_wire(Tags(day, (now_ns - ist.midnight_ns(day)) // MILLISECOND_NS).fresh())


def test_a_record_held_for_long_does_not_lose_the_halt(desk: FlattenDesk) -> None:
    desk.home.desk.mkdir(exist_ok=True)
    held = os.open(desk.home.desk / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    evidence = Evidence(desk.home, "fl-a-test", "a test", time.time_ns)
    try:
        assert not evidence.ask_halt("a test"), "it is held for longer than it is waited for"
        began_s = time.monotonic()
        evidence.write("place")
        assert time.monotonic() < began_s + 4, "and no request waits for it again"
    finally:
        os.close(held)
        (desk.home.root / "flatten-evidence.jsonl").unlink()
    assert evidence.ask_halt("a test") and evidence.halt_is_asked


def test_triggers_that_the_broker_does_not_tell_want_a_look(desk: FlattenDesk) -> None:
    desk.strike("rest.status", params={"status": 503}, match={"path": "/gtt*"})
    said = desk.run("flatten", "--json")
    assert (said.code, said.told["verdict"]) == (1, "FLAT") and "GTT_UNKNOWN" in [
        c["code"] for c in said.told["checks"]
    ]


def test_a_lock_that_can_only_be_read_is_still_seen_to_be_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(Profile.SIM, tmp_path / "sim")
    home.make()
    (home.run / "main").mkdir(parents=True, exist_ok=True)
    main, first = WriterLock(home.run / "main"), Alone(home)
    real = os.open

    def read_only(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if flags & (os.O_RDWR | os.O_WRONLY | os.O_CREAT):
            raise OSError(errno.EROFS, "read-only file system")
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(AnotherFlatten):
        Alone(home)
    first.close()
    second = Alone(home)
    assert second.take_mains_place() == os.getpid(), "main holds it"
    main.close()
    assert second.take_mains_place() == 0
    second.close()


@pytest.mark.parametrize("lacks", ["order_id", "exchange"])
def test_an_order_without_an_id_or_a_place_is_told_as_unread(lacks: str) -> None:
    row = {"order_id": "26112300001", "status": "OPEN", "tradingsymbol": CALL, "exchange": "NFO", "quantity": LOT}
    orders = read_orders(json.dumps([row | {lacks: None}]).encode())
    assert isinstance(orders, OrderBook)
    now_ns = time.monotonic_ns()
    none = Failure(Why.NOT_ASKED, "")
    book = AccountBook(SystemClock())
    book.begin(
        AccountRead(
            positions=Read(started_ns=now_ns, ended_ns=now_ns, value=PositionsData(net=[], day=[])),
            orders=Read(started_ns=now_ns, ended_ns=now_ns, value=orders),
            trades=Read(started_ns=now_ns, ended_ns=now_ns, failure=none),
            funds=Read(started_ns=now_ns, ended_ns=now_ns, failure=none),
        )
    )
    assert len(book.unread) == 1


def test_a_broker_that_says_nothing_is_unknown_and_the_local_book_is_called_unverified(desk: FlattenDesk) -> None:
    place = PlaceHealth(key=f"NFO:{CALL}", product="NRML", qty=LOT, lowest=0, highest=LOT)
    write_health(desk.home.main_health, well(positions=(place,), day="2026-11-19"))
    hello = desk.home.sim_broker.read_text()
    try:
        desk.strike("rest.status", params={"status": 503})
        said = desk.run("flatten", "--dry-run")
        assert said.code == 3 and said.text.startswith("UNKNOWN  SIM"), said.text
        assert "UNVERIFIED" in said.text and CALL in said.text
        assert desk.live().code == 3
        desk.calm()
        desk.home.sim_broker.write_text(json.dumps(json.loads(hello) | {"access_token": "yesterday"}))
        said = desk.run("flatten", "--json")
        assert said.code == 3 and said.told["checks"][0]["code"] == "BROKER_AUTH"
    finally:
        desk.home.sim_broker.write_text(hello)
        desk.home.main_health.unlink()


def test_where_main_and_the_broker_differ_the_broker_wins_and_it_is_said(desk: FlattenDesk) -> None:
    desk.buy(CALL, 2 * LOT)
    desk.held(**{CALL: 2 * LOT})
    place = PlaceHealth(key=f"NFO:{CALL}", product="NRML", qty=LOT, lowest=0, highest=LOT)
    write_health(desk.home.main_health, well(positions=(place,), day="2026-11-19"))
    try:
        told = desk.run("flatten", "--json").told
        row = told["closes"][0]
        assert (row["broker"], row["local"], sum(row["slices"])) == (2 * LOT, LOT, 2 * LOT)
        assert "MISMATCH" in [check["code"] for check in told["checks"]]
    finally:
        desk.home.main_health.unlink()


def test_the_paper_account_is_inside_main_and_no_broker_is_asked_for_it(desk: FlattenDesk) -> None:
    desk.buy(FAR)
    before = desk.held(**{FAR: LOT}).orders
    paper = desk.home.root.parent / str(Profile.PAPER)
    (paper / "run").mkdir(parents=True, exist_ok=True)
    (paper / "run" / "sim_broker.json").write_text(desk.home.sim_broker.read_text())
    (paper / "tarazu.toml").write_text('[paper]\nfeed = "sim"\n')
    for words in (("--dry-run",), ("--live", "--reason", "a test", "--yes")):
        said = desk.run("flatten", *words, "--profile", "paper")
        assert said.code == 3 and "the paper account is inside main" in said.text
    assert set(desk.truth.orders) == set(before)


def test_nothing_heavy_is_loaded_to_leave_a_position() -> None:
    imports = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import tarazu.ops.flatten"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in imports.stderr.splitlines()}
    assert not loaded & {"numpy", "numba", "polars", "asyncio"}, (
        "the first question to the broker waits for none of them"
    )
