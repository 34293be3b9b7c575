"""`python -m tarazu.app.warm`: compile every numba kernel once, at install time, into the on-disk cache.

Kernels have explicit signatures, so importing a module compiles it; later imports read the cache.
"""

import hashlib
import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import tarazu

# Every module that holds a kernel; a test keeps the list whole. One that cannot be imported fails the installation.
KERNELS = (
    "tarazu.wire.tick_kernels",
    "tarazu.market.black76",
    "tarazu.market.arrivals",
    "tarazu.market.tokens",
    "tarazu.market.features",
    "tarazu.market.bars",
    "tarazu.market.state_kernels",
    "tarazu.market.implied",
    "tarazu.market.chain_kernels",
    "tarazu.journal.sha_lanes",
    "tarazu.journal.batch",
    "tarazu.journal.sift",
    "tarazu.sim.dice",
    "tarazu.sim.synthetic.surface",
    "tarazu.sim.synthetic.paths",
    "tarazu.sim.synthetic.ladder",
    "tarazu.sim.synthetic.history",
    "tarazu.sim.candles",
    "tarazu.sim.exchange.price_range",
    "tarazu.sim.exchange.tape",
    "tarazu.app.data.frame_kernels",
    "tarazu.app.data.roll_kernels",
    "tarazu.runtime.ahead_kernels",
    "tarazu.risk.greeks",
    "tarazu.risk.margin_scan",
    "tarazu.risk.scenarios",
    "tarazu.strategy.compiled",
    "tarazu.strategy.trees_kernels",
    "tarazu.app.research.frame_kernels",
    "tarazu.app.research.followed_kernels",
)


def cold(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Those that are not compiled yet, for this Python; imports none."""
    root = Path(tarazu.__file__).parent
    return [name for name in KERNELS if not _is_warm(root.joinpath(*name.split(".")[1:]).with_suffix(".py"), environ)]


def warm_up(tell: Callable[[str], None] = lambda _: None, environ: Mapping[str, str] = os.environ) -> None:
    """Compile what is not compiled yet: a minute or two, once after an installation; nothing where all is there.

    Before a process is begun that others wait for. What cannot be compiled fails again where it is needed, and is told
    there.
    """
    left = cold(environ)
    if not left:
        return
    told = f"compiling {len(left)} kernels, once after an installation: a minute or two"
    print(f"tarazu: {told}", file=sys.stderr, flush=True)
    words = [sys.executable, "-P", "-m", "tarazu.app.warm", *left]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ) as compiler:
        assert compiler.stdout is not None, "it was asked for"
        for count, line in enumerate(compiler.stdout, start=1):
            tell(f"kernels compiled: {min(count, len(left))} of {len(left)}, {line.split()[0]}")


def _is_warm(source: Path, environ: Mapping[str, str]) -> bool:
    """Whether numba has an index of the module as it is: of its hash (numba 0.68), or younger than it (before)."""
    sha256, written = hashlib.sha256(source.read_bytes()).digest(), source.stat().st_mtime
    return any(index.stat().st_mtime >= written or sha256 in index.read_bytes() for index in _indexes(source, environ))


def _indexes(source: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """`batch._walk-106.py311.nbi`: in NUMBA_CACHE_DIR, else beside the module, else (read-only) in the user's own."""
    name = f"{source.stem}.*.py{sys.version_info.major}{sys.version_info.minor}*.nbi"
    named = environ.get("NUMBA_CACHE_DIR")
    if named:
        yield from Path(named).glob(f"**/{name}")
    elif os.access(source.parent, os.W_OK):
        yield from (source.parent / "__pycache__").glob(name)
    else:
        yield from Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "numba").glob(f"**/{name}")


def main(names: Sequence[str] = ()) -> int:
    """These, or all."""
    for name in names or KERNELS:
        start = time.perf_counter()
        importlib.import_module(name)
        print(f"{name:<32} {time.perf_counter() - start:6.2f} s", flush=True)
    print("WARM")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
