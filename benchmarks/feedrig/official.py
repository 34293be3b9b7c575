"""The official ticker in a process of its own: `python -m feedrig.official PORT INSTRUMENTS OUT`.

`on_ticks` keeps the latest tick of each instrument, then reads the stamp from it. Written when the server hangs up.
"""

import logging
import os
import sys
import time
from typing import Any

import numpy as np
from kiteconnect import KiteTicker

from feedrig.message import tokens_of


def main(port: str, instruments: str, out: str) -> int:
    logging.disable()  # the hang-up at the end is no news
    ticker = KiteTicker("peer", "t", root=f"ws://127.0.0.1:{port}", reconnect=False)
    tokens, latest, seen = tokens_of(int(instruments)), {}, []

    def on_connect(ws: Any, response: Any) -> None:
        ws.subscribe(tokens)
        ws.set_mode(ws.MODE_FULL, tokens)
        print("ready", flush=True)

    def on_ticks(ws: Any, ticks: list[dict[str, Any]]) -> None:
        for tick in ticks:
            latest[tick["instrument_token"]] = tick
        first = latest[ticks[0]["instrument_token"]]
        seen.append((first["oi_day_high"] << 32 | first["oi_day_low"], time.monotonic_ns()))

    def on_close(ws: Any, code: Any, reason: Any) -> None:
        np.save(out + ".npy", np.array(seen, np.int64).reshape(-1, 2))
        os._exit(0)

    ticker.on_connect, ticker.on_ticks, ticker.on_close = on_connect, on_ticks, on_close
    ticker.connect()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
