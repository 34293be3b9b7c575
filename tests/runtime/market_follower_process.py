"""A follower in a process of its own: follows frames 1 to N and prints the market it ended with, as JSON."""

import hashlib
import json
import sys
from pathlib import Path

from tarazu.runtime.market_follower import MarketFollower


def main(folder: Path, last: int, tokens: list[int]) -> None:
    follower = MarketFollower(folder, tokens)
    print("listening", flush=True)
    turns = 0
    while follower.sequence < last:
        assert follower.wait(60), "nothing rang for 60 s"
        turns += follower.follow_ready() > 0
    market = hashlib.sha256(follower.state.rows.tobytes() + follower.state.slots.tobytes()).hexdigest()
    print(json.dumps({"sequence": follower.sequence, "turns": turns, "market": market}))
    follower.close()


main(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
