"""The same seed is the same day, in every process."""

import os
import subprocess
import sys
from pathlib import Path

from tarazu.dst.day import run_day
from tarazu.dst.options import DayOptions

DAYS = 100
PROGRAM = Path(__file__).parents[1] / "harness/dst_digests.py"


def test_a_hundred_days_are_the_same_under_three_hash_seeds():
    started = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), "0", str(DAYS)],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("0", "1", "77")
    ]
    told = [process.communicate()[0].splitlines() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(told[0]) == DAYS and told[0] == told[1] == told[2]
    digests = {line.split()[1] for line in told[0]}
    assert len(digests) == DAYS, "and every seed is a day of its own"


def test_looking_at_a_day_does_not_change_it():
    plain, traced = run_day(5), run_day(5, DayOptions(traced=True))
    assert plain.digest == traced.digest and traced.trace and not plain.trace


def test_a_day_that_is_run_after_others_is_the_day_that_is_run_alone():
    alone = run_day(7).digest
    run_day(8)
    assert run_day(7).digest == alone
