"""A desk that trades until it is killed: prints how many orders it has sent, whenever there are more."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.market_day import MarketDay
from tarazu.app.home import Home, Profile


def main() -> None:
    day = MarketDay(Home(Profile.SIM, Path(sys.argv[1]))).begin()
    sent, first = 0, int(sys.argv[2])
    for n in range(first, first + 100_000):
        day.turns(n, n + 1)
        if len(day.sent) > sent:
            sent = len(day.sent)
            print(sent, flush=True)


if __name__ == "__main__":
    main()
