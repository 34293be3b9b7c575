"""How often the gate asks the broker for the time: until the two clocks are certainly near enough, or are not."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from time import time_ns

import pytest

from tarazu.app.readiness.clock_ask import ASKS_MAX, SKEW_NS_MAX, ClockSpread, ask_clock
from tarazu.model.units import MILLISECOND_NS, SECOND_NS


class Dated(HTTPServer):
    """Answers with its clock's `Date`, and counts."""

    ahead_ns = 0
    asked = 0


class _Answer(BaseHTTPRequestHandler):
    server: Dated
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response_only(404)
        self.send_header("Date", self.date_time_string((time_ns() + self.server.ahead_ns) / 1e9))
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def broker() -> Iterator[Dated]:
    with Dated(("127.0.0.1", 0), _Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def asked(broker: Dated) -> ClockSpread:
    found = ask_clock(f"http://127.0.0.1:{broker.server_port}", time_ns, SKEW_NS_MAX)
    assert isinstance(found, ClockSpread)
    return found


def test_clocks_that_agree_are_asked_until_that_is_certain() -> None:
    assert ClockSpread(offset_ns=-100, uncertainty_ns=400).is_within(500)
    assert not ClockSpread(offset_ns=-101, uncertainty_ns=400).is_within(500)


def test_one_clock_asked_again_and_again_is_soon_known_well_enough(broker: Dated) -> None:
    counts = []
    for _ in range(4):
        broker.asked = 0
        assert asked(broker).is_within(SKEW_NS_MAX)
        counts.append(broker.asked)
    assert sorted(counts)[2] == 2, "an answer on each side of the half second is enough"


@pytest.mark.parametrize("ahead_ms", [-3_000, 900, 60_000])
def test_a_clock_that_is_off_is_asked_as_often_as_makes_it_sharp(broker: Dated, ahead_ms: int) -> None:
    broker.ahead_ns = ahead_ms * MILLISECOND_NS
    found = asked(broker)
    assert broker.asked == ASKS_MAX
    assert abs(found.offset_ns - broker.ahead_ns) <= found.uncertainty_ns
    assert found.uncertainty_ns < 0.2 * SECOND_NS
    assert found.certain_ns > SKEW_NS_MAX
