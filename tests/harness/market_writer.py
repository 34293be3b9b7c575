"""A process of its own that writes a market state into a file's memory: `market_writer.py FILE FRAMES`.

Every frame sets every instrument's LTP, volume and bid to the frame's number, so a reader that sees two numbers has
seen half a frame.
"""

import mmap
import sys
from pathlib import Path

import numpy as np

from tarazu.market.state import MarketState
from tarazu.wire.kite_ticks import TICK

TOKENS = [n << 8 | 2 for n in range(40_000, 40_300)]
START_S = 1_795_404_600


def main(path: str, frames: int) -> None:
    with Path(path).open("r+b") as file:
        state = MarketState(mmap.mmap(file.fileno(), 0), TOKENS)
    print("ready", flush=True)
    rows, lengths = np.zeros(len(TOKENS), TICK), np.full(len(TOKENS), 184, np.uint16)
    rows["token"], rows["exchange_ts"] = TOKENS, START_S
    for n in range(1, frames + 1):
        rows["ltp"] = rows["volume"] = n
        rows["bids"]["price"][:, 0] = rows["bids"]["qty"][:, 0] = n
        state.update(rows, lengths, len(rows), START_S * 10**9 + n)
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
