"""The recorded day of the benchmarks: 500 instruments, a full-mode packet of each in every second, 11.25 M packets.

Made once by the synthetic market and written by the feed log's own writer, then kept in a cache folder
(`TARAZU_BENCH_CACHE`, or `~/.cache/tarazu-bench`): 2.1 GB. A shorter day is the beginning of the same.
"""

import os
import shutil
import sys
import time
from datetime import date
from pathlib import Path

import msgspec

from tarazu import reference
from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.ops.bench import BadBenchmark
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind, day_folder
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe
from tarazu.wire.kite_ticks import Mode, encode

DAY = date(2026, 11, 23)
OPENS_NS = ist.midnight_ns(DAY) + (9 * 60 + 15) * MINUTE_NS
SECONDS = 22_500
"""09:15:00 to 15:30:00 IST."""
INSTRUMENTS = 500
SCENARIO, SEED = "busy", 2026
SECOND_BYTES_MAX = 100_000
"""Of the log: 500 packets of 184 bytes, and what frames them."""
SEGMENTS_BYTES = 1 << 30
"""What the log lays out ahead of itself."""


class MadeDay(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path
    """Of the feed log's day."""
    seconds: int
    instruments: tuple[Instrument, ...]
    made_s: float
    """How long it took to make."""

    @property
    def date(self) -> date:
        return DAY

    @property
    def first_ns(self) -> int:
        return OPENS_NS

    @property
    def tokens(self) -> list[int]:
        return [int(instrument.instrument_token) for instrument in self.instruments]

    @property
    def packets(self) -> int:
        return self.seconds * len(self.instruments)


def made_day(seconds: int = SECONDS, cache: Path | None = None) -> MadeDay:
    """The day from the cache, or made now, which takes about a minute for all of it. Raises BadBenchmark."""
    root = (cache or cache_folder()) / f"{SCENARIO}-{SEED}-{seconds}"
    kept = root / "made.json"
    if not kept.exists():
        try:
            _keep(root, seconds)
        except OSError as bad:
            raise BadBenchmark(f"no day in {root}: {bad}. TARAZU_BENCH_CACHE names another folder") from bad
    made = msgspec.json.decode(kept.read_bytes(), type=MadeDay, dec_hook=lambda kind, text: kind(text))
    return msgspec.structs.replace(made, folder=day_folder(root, DAY))


def cache_folder() -> Path:
    named = os.environ.get("TARAZU_BENCH_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "tarazu-bench"


def _keep(root: Path, seconds: int) -> None:
    """Made beside its place, so that half a day is never taken for a whole one. Raises OSError."""
    begun = root.with_name(f"{root.name}.begun")
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(parents=True)
    needed = seconds * SECOND_BYTES_MAX + SEGMENTS_BYTES
    if (free := shutil.disk_usage(begun).free) < needed:
        raise OSError(f"it needs {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free")
    _say(f"making a day of {seconds * INSTRUMENTS:,} packets in {root}")
    made = _make(begun, seconds)
    (begun / "made.json").write_bytes(msgspec.json.encode(made, enc_hook=str))
    shutil.rmtree(root, ignore_errors=True)
    begun.rename(root)
    _say(f"made in {made.made_s:.0f} s")


def _make(root: Path, seconds: int) -> MadeDay:
    began_s = time.perf_counter()
    market = _market()
    instruments = market.universe.instruments
    assert len(instruments) == INSTRUMENTS
    log = FeedLog.open(root, DAY)
    written = 0
    while market.next_ns() is not None and written < seconds:
        now_ns = market.step()
        if now_ns < OPENS_NS:
            continue
        market.rows["exchange_ts"] = now_ns // SECOND_NS
        log.append(Kind.BINARY, 1, encode(market.rows, Mode.FULL), now_ns, now_ns)
        written += 1
    log.close()
    assert written == seconds, f"the market's day has {written} seconds"
    return MadeDay(
        folder=day_folder(root, DAY),
        seconds=seconds,
        instruments=tuple(instruments),
        made_s=time.perf_counter() - began_s,
    )


def _market() -> SyntheticMarket:
    rules, calendar = reference.rules("nse-2026"), reference.calendar()
    session = calendar.session(DAY)
    assert session is not None
    universe = build_universe(DAY, calendar, rules, "desk", 1, {})
    return SyntheticMarket(universe, session, SCENARIOS[SCENARIO], SEED, {}, SECOND_NS, rules)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
