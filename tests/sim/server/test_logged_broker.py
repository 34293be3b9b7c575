"""State survives a restart: a broker rebuilt from its command log is the broker that wrote it."""

import json
from datetime import date, time
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import Pace
from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.sim.broker.broker import AccountSeed, Broker, BrokerConfig
from tarazu.sim.faults import BadFault, FaultOrder
from tarazu.sim.front.front import Front
from tarazu.sim.front.http import BODY_BYTES_MAX, Request, Response
from tarazu.sim.front.sessions import App, Sessions
from tarazu.sim.server.command_log import FILE_NAME, CommandLog, CommandLogError, Header
from tarazu.sim.server.commands import (
    ArmFault,
    ChooseScenario,
    DisarmFault,
    IssueAccessToken,
    IssueRequestToken,
    OpenAccount,
    RestCall,
)
from tarazu.sim.server.logged_broker import LoggedBroker, Refused
from tarazu.sim.server.postback import BadPostbackUrl
from tarazu.sim.synthetic.scenario import SCENARIOS

DAY = date(2026, 11, 23)
START_NS = ist.at_ns(DAY, time(9, 15))
HEADER = Header(
    seed=3,
    rules="nse-2026",
    scenario="normal",
    size="tiny",
    step_ns=SECOND_NS,
    start_ns=START_NS,
    pace=Pace.FULL,
    cash_paise=10**9,
)
FORM = {"content-type": "application/x-www-form-urlencoded"}
ORDER = "exchange=NSE&tradingsymbol=INFY&transaction_type={side}&quantity={qty}&product=MIS&order_type=MARKET" + (
    "&market_protection=-1&validity=DAY"
)


class Run:
    """One life of the broker, from start to `stop`; without a directory nothing is kept."""

    def __init__(self, directory: Path | None = None) -> None:
        self.log = None if directory is None else CommandLog(directory, HEADER)
        rules = reference.rules(HEADER.rules)
        self.broker = Broker(
            BrokerConfig(
                seed=HEADER.seed,
                rules=rules,
                calendar=reference.calendar_for(rules),
                charge_rates=reference.charge_rates(),
                scenario=SCENARIOS[HEADER.scenario],
                size=HEADER.size,
                start_ns=HEADER.start_ns,
                accounts=(AccountSeed(user_id="TZ0001", cash_paise=HEADER.cash_paise),),
            )
        )
        sessions = Sessions([App(api_key="kk", api_secret="ss", user_id="TZ0001")], HEADER.seed, rules.token_dies_at)
        self.book = LoggedBroker(self.broker, sessions, Front(self.broker, sessions), self.log)
        self.replayed = self.book.replay(self.log.lines) if self.log else 0
        self.token = self.book.access_token(IssueAccessToken(user_id="TZ0001")).access_token

    def after(self, ms: int) -> "Run":
        self.broker.advance(self.broker.now_ns + ms * MILLISECOND_NS)
        return self

    def ask(self, method: str, path: str, body: str | bytes = b"") -> Response:
        body = body.encode() if isinstance(body, str) else body
        return self.book.request(Request(method, path, (), {**FORM, "authorization": f"token kk:{self.token}"}, body))

    def order(self, side: str = "BUY", qty: int = 1) -> Response:
        return self.ask("POST", "/orders/regular", ORDER.format(side=side, qty=qty))

    def digests(self) -> dict[str, dict[str, str]]:
        return {user_id: self.book.digest(user_id) for user_id in sorted(self.broker.accounts)}


@pytest.fixture
def busy(tmp_path: Path) -> Run:
    """A quarter of a minute in which everything happens that a log must bring back."""
    run = Run(tmp_path)
    run.after(1000).order(qty=3)
    run.after(7).order("SELL", 2)
    for _ in range(12):
        run.order()
    run.after(900).ask("POST", "/orders/regular", b"x" * (BODY_BYTES_MAX + 1))
    run.book.open_account(OpenAccount(user_id="TZ0002", cash_paise=5, api_key="k2", static_ips=("10.0.0.1",)))
    run.book.arm(ArmFault(order=FaultOrder(kind="rest.status", count=2)))
    assert run.after(1000).ask("GET", "/orders").status == 503
    assert run.order().status == 503
    run.book.arm(ArmFault(order=FaultOrder(kind="order.reject", count=1)))
    run.order()
    run.after(2000).order()
    run.book.disarm(DisarmFault())
    run.after(3000).ask("DELETE", "/orders/regular/1")
    run.after(7000).book.mark()
    return run


def test_a_restarted_broker_has_the_same_books_tokens_and_time(busy: Run, tmp_path: Path) -> None:
    now_ns, digests = busy.broker.now_ns, busy.digests()
    statuses = [row.status for row in busy.broker.orders("TZ0001")]
    assert "COMPLETE" in statuses and "REJECTED" in statuses
    busy.book.close()
    again = Run(tmp_path)
    assert again.broker.now_ns == now_ns
    assert again.digests() == digests
    assert again.token == busy.token
    assert again.ask("GET", "/orders").status == 200
    assert again.book.sessions.apps["k2"].allowed_ips == ("10.0.0.1",)


def test_both_lives_go_on_alike(busy: Run, tmp_path: Path) -> None:
    busy.log.sync()
    content = (tmp_path / FILE_NAME).read_bytes()
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / FILE_NAME).write_bytes(content)
    again = Run(tmp_path / "copy")
    for run in (busy, again):
        run.after(500).order("SELL", 3)
        run.after(60_000)
    assert again.digests() == busy.digests()
    assert again.ask("GET", "/trades").body == busy.ask("GET", "/trades").body


def test_a_kill_undoes_nothing_that_a_reader_was_shown(busy: Run, tmp_path: Path) -> None:
    busy.order(qty=2)
    shown = busy.after(400).ask("GET", "/orders").body
    killed_at_ns = busy.broker.now_ns
    busy.after(500)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / FILE_NAME).write_bytes((tmp_path / FILE_NAME).read_bytes())
    again = Run(tmp_path / "copy")
    assert again.broker.now_ns == killed_at_ns
    assert again.ask("GET", "/orders").body == shown


def test_the_chosen_kind_of_day_comes_tomorrow_and_after_a_restart_too(tmp_path: Path) -> None:
    run = Run(tmp_path)
    with pytest.raises(Refused, match="no scenario 'rainy'; there are: "):
        run.book.choose_scenario(ChooseScenario(scenario="rainy"))
    run.book.choose_scenario(ChooseScenario(scenario="crash"))
    run.book.mark()
    (tmp_path / "copied").mkdir()
    (tmp_path / "copied" / FILE_NAME).write_bytes((tmp_path / FILE_NAME).read_bytes())
    again = Run(tmp_path / "copied")
    for each in (run, again):
        each.broker.advance(ist.at_ns(date(2026, 11, 25), time(15, 0)))
    nifty = run.broker.universe.index_of_key["NSE:NIFTY 50"]
    row, twin = run.broker.exchange.row(nifty), again.broker.exchange.row(nifty)
    assert int(row["low"]) < 0.92 * int(row["close"])
    assert row.tobytes() == twin.tobytes()


def test_a_log_of_another_version_is_not_replayed(busy: Run, tmp_path: Path) -> None:
    busy.book.close()
    path = tmp_path / FILE_NAME
    path.write_bytes(path.read_bytes().replace(b'"tarazu":"', b'"tarazu":"0.0.', 1))
    with pytest.raises(CommandLogError, match=r"begun with tarazu '0\.0\."):
        Run(tmp_path)


def test_losing_the_torn_last_command_loses_that_command_only(busy: Run, tmp_path: Path) -> None:
    before = busy.digests()
    busy.after(1).order(qty=9)
    busy.book.close()
    path = tmp_path / FILE_NAME
    path.write_bytes(path.read_bytes()[:-9])
    again = Run(tmp_path)
    assert again.log.torn_bytes > 0
    assert again.digests() == before


GTT_CONDITION = {"exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [1000], "last_price": 1500}
GTT_ORDER = {
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "transaction_type": "BUY",
    "quantity": 1,
    "order_type": "LIMIT",
    "product": "CNC",
    "price": 1000,
}
GTT = urlencode({"type": "single", "condition": json.dumps(GTT_CONDITION), "orders": json.dumps([GTT_ORDER])})


def test_reads_are_not_logged_and_a_write_that_they_throttled_is_not_replayed(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for _ in range(10):
        run.ask("GET", "/portfolio/holdings")
    assert run.ask("POST", "/gtt/triggers", GTT).status == 429
    assert run.after(1000).ask("POST", "/gtt/triggers", GTT).status == 200
    digests = run.digests()
    run.book.close()
    again = Run(tmp_path)
    rest = [line.command for line in again.log.lines if isinstance(line.command, RestCall)]
    assert [(call.method, call.status) for call in rest] == [("POST", 429), ("POST", 200)]
    assert again.digests() == digests
    assert len(again.broker.gtts.list("TZ0001")) == 1


def test_orders_that_were_refused_for_their_rate_count_again_after_a_restart(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for _ in range(11):
        run.after(1000)
        for _ in range(40):
            run.ask("POST", "/orders/regular", "nonsense=1")
    assert run.after(1000).order().status == 429, "400 a minute"
    run.log.close()
    assert Run(tmp_path).after(1000).order().status == 429


def test_a_request_with_an_oversized_body_is_refused_again(tmp_path: Path) -> None:
    run = Run(tmp_path)
    far = ORDER.format(side="BUY", qty=1).replace("MARKET", "LIMIT").replace("market_protection=-1", "price=1450")
    order_id = json.loads(run.ask("POST", "/orders/regular", far).body)["data"]["order_id"]
    refused = run.after(1000).ask("DELETE", f"/orders/regular/{order_id}", b"x" * (BODY_BYTES_MAX + 1))
    assert refused.status >= 400
    assert run.after(1000).broker.orders("TZ0001")[0].status == "OPEN"
    run.book.mark()
    run.book.close()
    assert Run(tmp_path).broker.orders("TZ0001")[0].status == "OPEN"


def test_the_login_page_is_a_read_that_counts(tmp_path: Path) -> None:
    run = Run(tmp_path)
    issued = run.book.request(Request("GET", "/connect/login", (("api_key", "kk"),)))
    assert issued.status == 302
    later = run.book.request_token(IssueRequestToken(user_id="TZ0001"))
    run.book.close()
    again = Run(tmp_path)
    assert again.book.request_token(IssueRequestToken(user_id="TZ0001")) not in (later, issued.headers["location"])
    assert again.token == run.token


def test_without_a_state_directory_nothing_is_kept() -> None:
    run = Run()
    assert run.order().status == 200
    run.book.close()
    assert Run().broker.orders("TZ0001") == []


@pytest.mark.parametrize(
    "bad",
    [
        OpenAccount(user_id="TZ0001", cash_paise=1),
        OpenAccount(user_id="", cash_paise=1),
        OpenAccount(user_id="a b", cash_paise=1),
        OpenAccount(user_id="TZ0003", cash_paise=-1),
        OpenAccount(user_id="TZ0003", cash_paise=1, api_key="kk"),
        OpenAccount(user_id="TZ0003", cash_paise=1, postback_url="http://example.com/"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused_and_changes_nothing(tmp_path: Path, bad: OpenAccount) -> None:
    run = Run(tmp_path)
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises((Refused, BadPostbackUrl)):
        run.book.open_account(bad)
    with pytest.raises(BadFault):
        run.book.arm(ArmFault(order=FaultOrder(kind="nonsense")))
    with pytest.raises(Refused):
        run.book.access_token(IssueAccessToken(user_id="nobody"))
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert list(run.broker.accounts) == ["TZ0001"]
    assert list(run.book.sessions.apps) == ["kk"]


def test_a_bug_in_the_front_is_logged_as_such(tmp_path: Path) -> None:
    run = Run(tmp_path)

    class Bug(Exception):
        pass

    def broken(*_: object) -> Response:
        raise Bug

    run.broker.place = broken  # type: ignore[method-assign, assignment]
    with pytest.raises(Bug):
        run.order()
    assert run.log is not None
    run.log.close()
    last = msgspec.json.decode((tmp_path / FILE_NAME).read_bytes().splitlines()[-1])
    assert (last["command"]["path"], last["command"]["status"]) == ("/orders/regular", 500)
