"""tarazu incident and tarazu alerts, as the person on call runs them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from harness.alert_inbox import AlertInbox, alert_inbox
from tarazu.app.alerts.box import Box
from tarazu.app.home import Home, home
from tarazu.ops import (
    alerts_ack,
    alerts_list,
    alerts_test,
    incident_ack,
    incident_close,
    incident_list,
    incident_note,
    incident_open,
    incident_show,
)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    return home("sim")


@pytest.fixture
def inbox() -> Iterator[AlertInbox]:
    with alert_inbox() as inbox:
        yield inbox


def run(command: click.Command, *words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(command, words, standalone_mode=False)
    if ran.exception:
        raise ran.exception
    return ran.return_value, ran.output  # type: ignore[no-any-return]


def as_json(command: click.Command, *words: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(command, *words, "--json")[1])
    return told


OPEN = ("--severity", "sev1", "--code", "hard_halt", "--detail", "an order that nobody decided", "--who", "asha")


def opened() -> str:
    id_: str = as_json(incident_open.command, *OPEN)["incident"]["id"]
    return id_


def test_nothing_is_wrong_on_a_desk_that_has_not_begun(desk: Home) -> None:
    assert run(incident_list.command)[0] == 0
    code, out = run(alerts_list.command)
    assert code == 1 and "NO_ADDRESSES" in out and "add TARAZU_ALERT_URLS to" in out
    assert not desk.root.exists(), "reading changes nothing"


def test_from_opening_to_closing(desk: Home) -> None:
    id_ = opened()
    code, out = run(incident_list.command)
    assert code == 2 and out.startswith("CRIT  SIM  1 open, 0 closed  ")
    assert "HARD_HALT: an order that nobody decided; nobody has it" in out
    assert "fix  tarazu runbook run sev1-hard-halt" in out
    assert run(incident_ack.command, id_.lower(), "--who", "ravi", "--note", "on it")[0] == 0
    assert run(incident_note.command, id_, "a bot of another desk", "--who", "ravi")[0] == 0
    code, out = run(incident_close.command, id_, "--why", "its key is revoked", "--who", "ravi")
    assert code == 0 and f"{id_} closed" in out
    code, out = run(incident_show.command, id_)
    lines = [line[21:] for line in out.splitlines() if line.startswith("20")]
    assert code == 0 and lines == [
        "asha opened: an order that nobody decided",
        "ravi has it: on it",
        "ravi noted: a bot of another desk",
        "ravi closed: its key is revoked",
    ]
    assert f"tarazu incident bundle {id_}" in out
    assert run(incident_list.command)[0] == 0


def test_opening_it_alerts_and_having_it_stops_the_alerts(desk: Home) -> None:
    id_ = opened()
    (kept,) = Box(desk.alerts).alerts()
    assert (kept.alert.incident, kept.alert.severity, kept.is_open) == (id_, "SEV1", True)
    code, out = run(alerts_list.command)
    assert code == 2 and f"fix  tarazu alerts ack {kept.id}" in out
    run(incident_ack.command, id_, "--who", "ravi")
    (kept,) = Box(desk.alerts).alerts()
    assert kept.acked_by == "ravi"


def test_the_same_opened_twice_is_one_incident_and_one_alert(desk: Home) -> None:
    assert opened() == opened()
    assert "is open already" in run(incident_open.command, *OPEN)[1]
    assert len(Box(desk.alerts).alerts()) == 1


@pytest.mark.parametrize(
    ("command", "words", "exit_code"),
    [
        (incident_show.command, (), 3),
        (incident_ack.command, (), 4),
        (incident_note.command, ("text",), 4),
        (incident_close.command, ("--why", "x"), 4),
    ],
)
def test_of_an_unknown_id_nothing_is_changed_and_that_is_said(
    desk: Home, command: click.Command, words: tuple[str, ...], exit_code: int
) -> None:
    code, out = run(command, "INC-20261123-09", *words)
    assert code == exit_code and "NO_SUCH_INCIDENT" in out and "tarazu incident list" in out
    assert not desk.root.exists()


def test_a_record_that_takes_nothing_is_no_success(desk: Home) -> None:
    desk.root.mkdir(parents=True)
    desk.desk.write_text("a file where the folder should be")
    code, out = run(incident_open.command, *OPEN)
    assert code == 2 and "NOT_KEPT" in out and "nothing was changed" in out


def test_alerts_are_acknowledged_one_all_or_by_incident_and_an_unknown_one_is_refused(desk: Home) -> None:
    id_ = opened()
    assert run(alerts_ack.command, "AL-20000101-001")[0] == 4
    code, out = run(alerts_ack.command, id_, "--who", "asha")
    assert code == 0 and "asha has 1 alerts" in out
    assert run(alerts_ack.command, "all")[0] == 0
    code, out = run(alerts_ack.command, Box(desk.alerts).alerts()[0].id, "--who", "ravi")
    assert code == 0 and "asha has it" in out


def addresses(desk: Home, *urls: str) -> None:
    desk.root.mkdir(parents=True, exist_ok=True)
    desk.env_file.write_text(f"TARAZU_ALERT_URLS='{' '.join(urls)}'\n")
    desk.env_file.chmod(0o600)


def test_a_test_alert_says_where_it_arrived_and_where_not(desk: Home, inbox: AlertInbox) -> None:
    addresses(desk, inbox.url)
    code, out = run(alerts_test.command, "--note", "hello")
    assert code == 0 and out.startswith("ARRIVED  SIM  1 of 1 addresses")
    assert [told["message"].splitlines()[0] for told in inbox.messages] == ["ALERT_TEST: hello"]
    addresses(desk, inbox.url, "json://127.0.0.1:1/closed-canary9")
    code, out = run(alerts_test.command)
    assert code == 5 and out.startswith("PARTIAL  SIM  1 of 2 addresses") and "ADDRESS_FAILING" in out
    assert "canary9" not in out
    inbox.status = 500
    addresses(desk, inbox.url)
    code, out = run(alerts_test.command)
    assert code == 2 and "error=500" in out
    assert "ADDRESS_FAILING" in run(alerts_list.command)[1]


def test_a_test_alert_to_nobody_is_no_success(desk: Home) -> None:
    code, out = run(alerts_test.command)
    assert code == 2 and "NO_ADDRESSES" in out
    assert Box(desk.alerts).alerts() == []
