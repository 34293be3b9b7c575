"""The metrics by HTTP, as Prometheus reads them: real sockets, the loopback alone, nothing that is not of now."""

import http.client
import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from harness.feed_papers import feed, health, store
from harness.main_health import well
from tarazu.app.health import write_health
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import open_incident
from tarazu.app.main.risk_health import RiskPage
from tarazu.app.main.timings_health import TimingPage, TimingsPage
from tarazu.app.metrics.measured import Measured
from tarazu.app.metrics.serve import start_metrics
from tarazu.engine.halts import RiskState
from tarazu.market.feed_events import FeedState
from tarazu.model.units import SECOND_NS

PATIENCE_S = 30.0
Told = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(Profile.SIM, tmp_path / "sim")
    made.make()
    return made


@contextmanager
def served(home: Home, port: int) -> Iterator[Callable[[], None]]:
    close = start_metrics(home, port)
    try:
        yield close
    finally:
        close()


def ask(port: int, path: str = "/metrics", host: str = "127.0.0.1", method: str = "GET") -> tuple[int, str]:
    """Status and body; asked again until somebody listens."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        try:
            line.request(method, path, headers={"Host": host})
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.02)
        finally:
            line.close()


def told(home: Home) -> Told:
    """Every sample, by the official parser."""
    port = free_port()
    with served(home, port):
        status, text = ask(port)
    assert status == 200
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for one in samples}


def current(home: Home, **changes: object) -> None:
    """Healths of processes that are this one."""
    mono_ns = time.monotonic_ns()
    now = {
        "profile": "sim",
        "mono_ns": mono_ns,
        "started_mono_ns": mono_ns - 60 * SECOND_NS,
        "every_ns": 60 * SECOND_NS,
    }
    pid = well().pid
    stale = feed("options", members=210, state=FeedState.STALE, tick_lag_ns=11 * SECOND_NS, stales_today=3)
    store(home, health(**now, pid=pid, feeds=(stale, feed("index", enforced=False))))
    write_health(home.main_health, well(**now, **changes))


OPTIONS = (("feed", "options"), ("required", "true"))


def test_the_figures_are_those_of_the_healths_in_seconds_bytes_and_paise(home: Home) -> None:
    timings = TimingsPage(order_ack=TimingPage(now_ns=182_000_000, p99_ns=640_000_000, worst_ns=700_000_000, count=4))
    risk = RiskPage(state=RiskState.SOFT_HALT, net_paise=-166_30, drawdown_paise=166_30)
    current(home, timings=timings, risk=risk)
    found = told(home)
    assert found["tarazu_up", (("process", "main"),)] == 1
    assert found["tarazu_up", (("process", "watchdog"),)] == 0
    assert found["tarazu_feed_tick_lag_seconds", OPTIONS] == 11.0
    assert found["tarazu_feed_state", (*OPTIONS, ("state", "STALE"))] == 1
    assert found["tarazu_feed_state", (*OPTIONS, ("state", "FRESH"))] == 0
    assert found["tarazu_feed_stales_today", OPTIONS] == 3
    assert found["tarazu_order_ack_seconds", (("is", "p99"),)] == 0.64
    assert found["tarazu_risk_state", (("state", "SOFT_HALT"),)] == 1
    assert found["tarazu_day_result_paise", ()] == -166_30
    assert found["tarazu_engine_phase", (("phase", "ACTIVE"),)] == 1


def test_a_feed_that_does_not_trade_now_has_no_lag(home: Home) -> None:
    current(home)
    assert not [name for name, labels in told(home) if ("feed", "index") in labels and "lag" in name]


def test_what_is_not_known_is_absent_and_no_zero(home: Home) -> None:
    current(home, risk=RiskPage(net_paise=500, unknown="no price of X"))
    names = {name for name, _ in told(home)}
    assert "tarazu_day_result_paise" not in names and "tarazu_clock_skew_seconds" not in names


@pytest.mark.parametrize("why", ["never ran", "old", "gone", "garbage"])
def test_of_a_process_that_says_nothing_current_there_is_no_figure_but_that(home: Home, why: str) -> None:
    current(home)
    match why:
        case "never ran":
            home.main_health.unlink()
        case "old":
            write_health(home.main_health, well(mono_ns=time.monotonic_ns() - 300 * SECOND_NS))
        case "gone":
            write_health(home.main_health, well(pid=2**22 + 1))
        case "garbage":
            home.main_health.write_bytes(b"{\xff")
    found = told(home)
    assert found["tarazu_up", (("process", "main"),)] == 0
    assert not [
        name for name, labels in found if "engine" in name or (("process", "main") in labels and name != "tarazu_up")
    ]
    assert found["tarazu_up", (("process", "depth_ws"),)] == 1, "the others are told of all the same"


def test_incidents_are_counted_by_severity_while_they_are_open(home: Home) -> None:
    open_incident(home, "SEV2", "FEED_STALE", "options", who="tester", now_ns=1_795_411_051 * SECOND_NS)
    found = told(home)
    assert found["tarazu_incidents_open", (("severity", "SEV2"),)] == 1
    assert found["tarazu_incidents_open", (("severity", "SEV1"),)] == 0


def test_it_listens_on_the_loopback_alone(home: Home) -> None:
    port = free_port()
    with served(home, port):
        ask(port)
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        listening = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")]
    assert listening == [f"0100007F:{port:04X}"], "127.0.0.1, in the kernel's words"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9100", ""])
def test_a_page_that_comes_by_another_name_reads_nothing(home: Home, host: str) -> None:
    port = free_port()
    with served(home, port):
        status, text = ask(port, host=host)
    assert status == 403 and "tarazu_" not in text


def test_there_is_nothing_but_metrics_and_nothing_to_change(home: Home) -> None:
    port = free_port()
    with served(home, port):
        assert ask(port, "/")[0] == 404
        assert ask(port, method="POST")[0] == 501
        assert ask(port, host=f"localhost:{port}")[0] == 200


def test_a_reader_that_says_nothing_holds_nobody_up_for_long(home: Home) -> None:
    port = free_port()
    with served(home, port):
        ask(port)
        with socket.create_connection(("127.0.0.1", port)):
            assert ask(port)[0] == 200


def test_a_port_that_is_taken_is_said_once_and_had_when_it_is_free(
    home: Home, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tarazu.app.metrics.serve.AGAIN_S", 0.05)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with caplog.at_level(logging.WARNING, "tarazu.metrics"), served(home, port):
            deadline = time.monotonic() + PATIENCE_S
            while not caplog.records and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(0.3)
            assert len(caplog.records) == 1 and str(port) in caplog.text
            other.close()
            assert ask(port)[0] == 200


def test_closed_it_lets_go_of_its_port_and_its_thread(home: Home) -> None:
    port = free_port()
    with served(home, port) as close:
        ask(port)
        close()
        close()
        with socket.socket() as next_one:
            next_one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            next_one.bind(("127.0.0.1", port))


def test_a_bug_in_the_figures_is_an_error_and_a_warning_once(
    home: Home, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty answer and a line that nobody sees would hide it for days."""

    def broken(self: Measured) -> Iterator[Metric]:
        raise TypeError("a figure of the wrong kind")
        yield

    monkeypatch.setattr(Measured, "collect", broken)
    port = free_port()
    with served(home, port), caplog.at_level(logging.WARNING, "tarazu.metrics"):
        assert [ask(port)[0] for _ in range(3)] == [500, 500, 500]
    assert [record.getMessage() for record in caplog.records] == [
        "the metrics cannot be told, a bug: TypeError('a figure of the wrong kind')"
    ]
