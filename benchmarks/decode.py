"""Full-mode ticker frames into arrays, beside the official client's parser."""

from collections.abc import Iterator

import numpy as np
from kiteconnect import KiteTicker

from tarazu.model.instrument import SegmentByte, token_of
from tarazu.ops.bench import Case, against_peer, interleaved
from tarazu.wire.kite_ticks import TICK, Mode, TickFrame, decode, encode

# Issue 2: at least 200 times the official parser at 100 packets and more.
GOALS = {10: None, 100: 200.0, 1_000: 200.0, 3_000: 200.0}


def frame_of(packets: int) -> bytes:
    """A full-mode frame of options with every field filled."""
    rng = np.random.default_rng(2026)
    rows = np.frombuffer(rng.bytes(TICK.itemsize * packets), TICK).copy()
    rows["token"] = [token_of(40_000 + i, SegmentByte.NFO) for i in range(packets)]
    rows["last_trade_ts"] = rows["exchange_ts"] = 1_790_000_000
    return encode(rows, Mode.FULL)


def cases() -> Iterator[Case]:
    official = KiteTicker("api_key", "access_token")
    out = TickFrame()
    for packets, goal in GOALS.items():
        frame = frame_of(packets)
        assert decode(frame, out) == len(official._parse_binary(frame)) == packets
        ours_s, peer_s = interleaved(lambda f=frame: decode(f, out), lambda f=frame: official._parse_binary(f))
        yield against_peer(
            "decode",
            f"{packets} full packets",
            ours=packets / ours_s,
            peer=packets / peer_s,
            unit="packets/s",
            goal=goal,
        )
