"""`simfeed`: the simulated broker's ticker under load. 9,000 instruments in full mode over 3 loopback connections.

The server and the reader are processes of their own. The reader decodes every frame; a reader that falls behind (bytes
waiting in the server, a frame missing, a connection cut, the server behind its clock) makes the figure 0. The market
steps a little faster than the goal needs, so the figure is what was asked for, not the most there could be.
"""

import asyncio
import json
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from websockets.asyncio.client import connect

from tarazu.ops.bench import Case, against_peer, at_least, interleaved
from tarazu.wire.kite_ticks import TICK, Mode, TickFrame, decode, encode_selected, frame_bytes_max

CONNECTIONS, TOKENS = 3, 3_000
WARM_UP_S = 3.0
FRAME_BYTES = frame_bytes_max(TOKENS)
# Beyond two frames in the server's buffer a reader is not merely between two reads.
WAITING_BYTES_MAX = 2 * FRAME_BYTES
LAG_S_MAX = 0.5


def cases() -> Iterator[Case]:
    yield _feed("9,000 full, sustained 60 s", step_ms=180, seconds=60.0, goal=45_000)
    yield _feed("9,000 full, 5 s", step_ms=90, seconds=5.0, goal=90_000)
    yield _encoding()


def _feed(case: str, step_ms: int, seconds: float, goal: float) -> Case:
    with _server(step_ms) as ready:
        reader = _reader(ready, seconds)
        worst_bytes = worst_lag_s = 0.0
        status: dict[str, Any] = {}
        while reader.poll() is None:
            time.sleep(0.5)
            status = json.load(urllib.request.urlopen(ready["admin_url"] + "/status"))
            worst_bytes = max([worst_bytes, *(c["buffered_bytes"] for c in status["connections"])])
            worst_lag_s = max(worst_lag_s, status["lag_s"])
        assert reader.stdout is not None
        read = json.loads(reader.stdout.read())
    behind = worst_bytes > WAITING_BYTES_MAX or worst_lag_s > LAG_S_MAX or status["ticker"]["slow_readers_cut"] > 0
    if behind or read["broken"] or read["gap_s"] > 1.0:
        print(f"simfeed: fell behind: {worst_bytes=:.0f} {worst_lag_s=} {read}", file=sys.stderr)
        return at_least("simfeed", case, ours=0.0, unit="packets/s", goal=goal)
    return at_least("simfeed", case, ours=read["packets"] / read["seconds"], unit="packets/s", goal=goal)


@contextmanager
def _server(step_ms: int) -> Iterator[dict[str, Any]]:
    flags = ["--size", "full", "--scenario", "busy", "--at", "09:15:10", "--step-ms", str(step_ms)]
    argv = [sys.executable, "-m", "tarazu", "sim", "serve", "--log-level", "warning", *flags]
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield json.loads(server.stdout.readline())
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def _reader(ready: dict[str, Any], seconds: float) -> "subprocess.Popen[str]":
    url = f"{ready['ws_url']}/?api_key={ready['api_key']}&access_token={ready['access_token']}"
    headers = {"Authorization": f"token {ready['api_key']}:{ready['access_token']}"}
    dump = urllib.request.urlopen(urllib.request.Request(ready["rest_url"] + "/instruments", headers=headers))
    tokens = [int(row.partition(b",")[0]) for row in dump.read().splitlines()[1:]]
    assert len(tokens) >= CONNECTIONS * TOKENS
    task = json.dumps({"url": url, "tokens": tokens[: CONNECTIONS * TOKENS], "seconds": seconds})
    reader = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=-1
    )
    assert reader.stdin is not None
    reader.stdin.write(task)
    reader.stdin.close()
    return reader


async def _read(url: str, tokens: list[int], seconds: float) -> dict[str, float]:
    """Three connections side by side; counts begin when all have been warm for a while."""
    start = time.perf_counter() + WARM_UP_S
    parts = [tokens[n * TOKENS : (n + 1) * TOKENS] for n in range(CONNECTIONS)]
    results = await asyncio.gather(*(_read_one(url, part, start, start + seconds) for part in parts))
    return {
        "packets": sum(r[0] for r in results),
        "broken": sum(r[1] for r in results),
        "gap_s": max(r[2] for r in results),
        "seconds": seconds,
    }


async def _read_one(url: str, tokens: list[int], start: float, end: float) -> tuple[int, int, float]:
    """(packets, frames that did not decode whole, longest wait for a frame) in [start, end)."""
    packets, broken, gap_s, last = 0, 0, 0.0, start
    out = TickFrame()
    async with connect(url, compression=None, ping_interval=None, max_size=None) as socket:
        await socket.send(json.dumps({"a": "subscribe", "v": tokens}))
        await socket.send(json.dumps({"a": "mode", "v": ["full", tokens]}))
        async for frame in socket:
            now = time.perf_counter()
            if now >= end:
                break
            if now < start or len(frame) < 2 or isinstance(frame, str):
                continue
            packets += decode(frame, out)
            broken += not out.clean
            gap_s, last = max(gap_s, now - last), now
    return packets, broken, gap_s


def _encoding() -> Case:
    """One frame of 3,000 full packets: ours, and what a server that packs field by field takes."""
    rows = np.zeros(TOKENS, TICK)
    rows["token"] = np.arange(1, TOKENS + 1) << 8 | 1
    rows["ltp"], rows["volume"] = 12_345, 1_000_000
    indices, modes = np.arange(TOKENS), np.full(TOKENS, Mode.FULL, np.uint8)
    buffer = np.empty(FRAME_BYTES, np.uint8)
    as_python = [_plain(row) for row in rows.tolist()]
    assert _packed(as_python) == buffer[: encode_selected(rows, indices, modes, buffer)].tobytes()
    ours_s, peer_s = interleaved(
        lambda: encode_selected(rows, indices, modes, buffer), lambda: _packed(as_python), rounds=5
    )
    return against_peer(
        "simfeed", "encode 3,000 full", ours=TOKENS / ours_s, peer=TOKENS / peer_s, unit="packets/s", goal=None
    )


def _plain(row: tuple[Any, ...]) -> tuple[tuple[int, ...], list[tuple[int, int, int]]]:
    levels = [(qty, price, orders) for side in row[16:18] for qty, price, _, orders in np.asarray(side).tolist()]
    return row[:16], levels


def _packed(rows: list[tuple[tuple[int, ...], list[tuple[int, int, int]]]]) -> bytes:
    parts = [struct.pack(">H", len(rows))]
    for fields, levels in rows:
        packet = struct.pack(">16I", *fields)
        for qty, price, orders in levels:
            packet += struct.pack(">IIHxx", qty, price, orders)
        parts.append(struct.pack(">H", len(packet)) + packet)
    return b"".join(parts)


if __name__ == "__main__":
    json.dump(asyncio.run(_read(**json.load(sys.stdin))), sys.stdout)
