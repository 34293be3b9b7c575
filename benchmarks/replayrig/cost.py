"""What a run of the engine over the made day costs: seconds of the processor, and memory."""

import multiprocessing
import time
from pathlib import Path

from replayrig.crossing import Compiled, Plain
from replayrig.engine_run import EngineRun
from replayrig.made_day import SECONDS, MadeDay
from replayrig.trial import FAST, SLOW, traded_at

FORMS = {"compiled": Compiled, "plain": Plain}


def cpu_s(made: MadeDay, form: str, seconds: int = SECONDS) -> float:
    """CPU seconds of a run over the first `seconds`."""
    traded = made.instruments[traded_at(made)]
    strategy = FORMS[form](traded.key, traded.lot_size, FAST, SLOW)
    start = time.process_time()
    done = EngineRun(made, strategy, seconds)
    done.whole()
    took_s = time.process_time() - start
    assert done.market.packets == seconds * len(made.instruments) and (done.sent or seconds < SECONDS)
    return took_s


def peak_mb(made: MadeDay, seconds: int) -> float:
    """The most memory that a process of its own has had after so much of the day."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        peak: float = pool.apply(_peak_mb, (made, seconds))
    return peak


def _peak_mb(made: MadeDay, seconds: int) -> float:
    cpu_s(made, "compiled", seconds)
    lines = Path("/proc/self/status").read_text().splitlines()  # ru_maxrss is the parent's where that had more
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
