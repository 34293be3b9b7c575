"""As a program: the digests of simulated days, one a line, from the first seed given and as many as given."""

import sys

from tarazu.dst.day import run_day

if __name__ == "__main__":
    first, days = map(int, sys.argv[1:])
    for seed in range(first, first + days):
        result = run_day(seed)
        print(seed, result.digest, result.events, result.fault_count, len(result.violations))
