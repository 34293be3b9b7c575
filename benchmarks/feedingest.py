"""`feedingest`: socket to log to market, beside the official KiteTicker. 1,000-packet messages as fast as read.

Ours takes each message into a checksummed log and into the market state (features, bars, clocks) of 3,000 instruments;
the official client parses it and keeps the latest tick of each in a dict. Server and clients are processes of their
own; a client counts its own CPU seconds, all its threads included, so the server's cost and the waiting are not.
"""

import json
import statistics
import tempfile
from collections.abc import Iterator

from feedrig.run import Ticker, line, process
from tarazu.ops.bench import Case, against_peer

INSTRUMENTS, PACKETS = 3_000, 1_000
ROUNDS = 3
MESSAGES = {"ours": 3_000, "official": 50}  # about a second of CPU each
GOAL = 100.0  # issue 3: at least 100 times the official ticker's packets a second


def cases() -> Iterator[Case]:
    with process("server") as server:
        ticker = Ticker(server)
        turns = [{who: _turn(ticker, who) for who in MESSAGES} for _ in range(ROUNDS)]
    for clock, unit in (("cpu_s", "packets/CPU s"), ("wall_s", "packets/s")):
        rates = {who: statistics.median(turn[who]["packets"] / turn[who][clock] for turn in turns) for who in MESSAGES}
        yield against_peer(
            "feedingest",
            f"{PACKETS:,}-packet messages, {'CPU' if clock == 'cpu_s' else 'wall'}",
            ours=rates["ours"],
            peer=rates["official"],
            unit=unit,
            goal=GOAL,
        )


def _turn(ticker: Ticker, who: str) -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory() as feed,
        process("count", who, ticker.port, INSTRUMENTS, MESSAGES[who], feed) as client,
    ):
        if who == "ours":
            line(client)  # ready
        ticker.do("expect", clients=1)
        ticker.start("flood", seconds=120, packets=PACKETS)
        counted: dict[str, float] = json.loads(line(client))
    ticker.done()
    assert counted["packets"] == MESSAGES[who] * PACKETS, "every packet was taken in"
    return counted
