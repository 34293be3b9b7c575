"""What a recording holds and what a client of a served replay receives, in one form: an instrument's updates."""

import json
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from harness.served import Served
from tarazu.app.recordings.recorded_day import is_ticks, recorded_day
from tarazu.runtime.damage import Damage
from tarazu.wire.kite_ticks import FULL_BYTES, INDEX_FULL_BYTES, TICK, TickFrame, decode

Update = tuple[int, ...]
"""LTP, volume, OI, then price, quantity and orders of five bids and five asks; of an index the LTP alone."""
Updates = dict[int, list[Update]]
WORDS_OF_QUOTE = 11


def recorded(log: Path) -> Updates:
    """The row of each instrument after each of its packets, as a full-mode client would show it."""
    rows: dict[int, Any] = defaultdict(lambda: np.zeros(1, TICK))
    found: Updates = defaultdict(list)
    frame = TickFrame()
    for one in recorded_day(log):
        if isinstance(one, Damage) or not is_ticks(one):
            continue
        count = decode(one.payload, frame)
        for packet, size in zip(frame.rows[:count], frame.packet_bytes[:count].tolist(), strict=True):
            token = int(packet["token"])
            whole = size in (FULL_BYTES, INDEX_FULL_BYTES)
            words = TICK.itemsize // 4 if whole else WORDS_OF_QUOTE
            rows[token].view(np.uint32)[:words] = np.frombuffer(packet.tobytes(), np.uint32)[:words]
            found[token].append(_update(rows[token][0]))
    return found


def _update(row: Any) -> Update:
    if int(row["token"]) & 0xFF == 9:
        return (int(row["ltp"]),)
    levels = [(int(v["price"]), int(v["qty"]), int(v["orders"])) for s in ("bids", "asks") for v in row[s]]
    return int(row["ltp"]), int(row["volume"]), int(row["oi"]), *(n for level in levels for n in level)


def shown(tick: dict[str, Any]) -> Update:
    """A tick of the official client."""
    if not tick["tradable"]:
        return (round(tick["last_price"] * 100),)
    depth = tick.get("depth", {"buy": [], "sell": []})
    levels = [
        number
        for side in ("buy", "sell")
        for v in depth[side]
        for number in (round(v["price"] * 100), v["quantity"], v["orders"])
    ]
    return round(tick["last_price"] * 100), tick["volume_traded"], tick.get("oi", 0), *levels


class OfficialTicker:
    """The unmodified KiteTicker in a process of its own, once the subscription's snapshots of all instruments came."""

    def __init__(self, served: Served, tokens: list[int]) -> None:
        program = Path(__file__).parents[1] / "official" / "ticker_client.py"
        words = [served["ws_url"], served["api_key"], served["access_token"], json.dumps({"full": tokens}), "5"]
        self._process = subprocess.Popen(
            [sys.executable, str(program), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.ticks: list[dict[str, Any]] = []
        """All so far; quote mode comes first, for the client subscribes before it sets the mode."""
        self._waiting = set(tokens)
        self._all_seen = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self._all_seen.wait(60), f"no snapshot of {self._waiting}"

    def stop(self) -> None:
        """May be called again."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._reader.join(60)
        self._process.wait(60)

    def _read(self) -> None:
        """Without a pause: a full pipe would stop the client."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            for tick in told["ticks"] if told["event"] == "ticks" else ():
                self.ticks.append(tick)
                if tick["mode"] == "full":
                    self._waiting.discard(tick["instrument_token"])
            if not self._waiting:
                self._all_seen.set()
        self._process.stdout.close()


def by_instrument(ticks: list[dict[str, Any]]) -> Updates:
    found: Updates = defaultdict(list)
    for tick in ticks:
        found[tick["instrument_token"]].append(shown(tick))
    return found
