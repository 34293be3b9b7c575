"""`tarazu reconcile` as its user runs it: a broker in a process of its own, asked over its own wire."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.broker_truth import as_client, asked
from harness.desk import PATIENCE_S, Desk
from harness.served import serving
from tarazu.app.incidents.store import incidents
from tarazu.app.supervision.waiting import until

DAY = "2026-11-23"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """No process of the desk's own runs: a person buys by hand, and nobody here knows of it."""
    with serving("--day", DAY) as served:
        yield Desk(tmp_path_factory.mktemp("reconcile"), served)


def test_an_empty_day_is_told_apart_from_a_day_that_agrees(desk: Desk) -> None:
    said = desk.run("reconcile", "--date", DAY, "--json")
    told = json.loads(said.stdout)
    assert (said.returncode, told["verdict"]) == (1, "WARN"), said.stderr
    assert [check["code"] for check in told["checks"] if check["status"] == "WARN"] == ["NO_JOURNAL"]
    assert told["reconciliation"]["source"] == "broker"


def test_an_order_by_hand_that_no_journal_knows_is_a_break_of_money_and_one_incident(desk: Desk) -> None:
    client = as_client(desk.served)
    order = {"exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 2, "product": "MIS"}
    placed = client.place_order("regular", **order, order_type="MARKET", market_protection=-1)
    assert until(lambda: bool(asked(client.trades)), PATIENCE_S), "it has filled"
    for _ in range(2):
        said = desk.run("reconcile", "--date", DAY, "--json")
        told = json.loads(said.stdout)
        assert said.returncode == 2, said.stdout + said.stderr
        breaks = told["reconciliation"]["breaks"]
        assert {"UNKNOWN_ORDER", "EXTRA_FILL"} <= {one["kind"] for one in breaks}
        assert {one["order_id"] for one in breaks if one["against"] in ("orders", "trades")} == {placed}
    assert [one.code for one in incidents(desk.home)] == ["RECONCILE_BREAK"]


def test_a_token_that_is_over_is_unknown_and_writes_nothing(desk: Desk) -> None:
    wrote = {path: path.read_bytes() for path in desk.home.closes.rglob("*.json")}
    hello = desk.home.sim_broker.read_text()
    desk.home.sim_broker.write_text(hello.replace(str(desk.served["access_token"]), "over"))
    try:
        said = desk.run("reconcile", "--date", DAY)
        assert said.returncode == 3 and "BROKER_AUTH" in said.stdout and "session login" in said.stdout
    finally:
        desk.home.sim_broker.write_text(hello)
    assert {path: path.read_bytes() for path in desk.home.closes.rglob("*.json")} == wrote


def test_a_day_that_the_broker_does_not_tell_of_any_more_cannot_be_told(desk: Desk, tmp_path: Path) -> None:
    said = desk.run("reconcile", "--date", "2026-11-20")
    assert said.returncode == 3 and "NO_READ" in said.stdout
    ahead = desk.run("reconcile", "--date", "2026-12-01")
    assert ahead.returncode == 3 and "FUTURE_DAY" in ahead.stdout
