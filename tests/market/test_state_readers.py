"""Readers in another process than the writer: never half a frame."""

import mmap
import subprocess
import sys
from pathlib import Path

import numpy as np

from harness import market_writer
from harness.market_rows import state_of
from harness.market_writer import TOKENS
from tarazu.market.slots import RUNNING
from tarazu.market.state import MarketState, MarketView

FRAMES = 20_000


def test_no_reader_sees_half_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(bytes(MarketState.layout(len(TOKENS))))
    command = [sys.executable, market_writer.__file__, str(path), str(FRAMES)]
    with path.open("r+b") as file, subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
        reader = MarketView(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        mirror, seen, last, n = state_of(*TOKENS), set(), len(TOKENS) - 1, 0
        while writer.poll() is None:
            if reader.copy_to(mirror):
                n = int(mirror.rows["ltp"][0])
                seen.add(n)
                assert (mirror.rows["ltp"] == n).all() and (mirror.rows["bids"]["price"][:, 0] == n).all()
                assert (mirror.bars["close"][:, RUNNING, 2] == (n if n > 1 else 0)).all()
                assert mirror.counters["frames"] == n == mirror.version // 2
            one = reader.snapshot(last)
            if one is not None:
                assert one.row["ltp"] == one.row["volume"] == one.version // 2 >= n
    assert writer.returncode == 0 and len(seen) > 2
    assert reader.copy_to(mirror) and np.unique(mirror.rows["volume"]).tolist() == [FRAMES]
