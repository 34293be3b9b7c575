"""`python -m tarazu.app.warm`: compile every numba kernel once, at install time, into the on-disk cache.

Kernels have explicit signatures, so importing a module compiles it; later imports read the cache.
"""

import importlib
import time

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
    "tarazu.sim.dice",
    "tarazu.sim.synthetic.surface",
    "tarazu.sim.synthetic.paths",
    "tarazu.sim.synthetic.ladder",
    "tarazu.sim.synthetic.history",
    "tarazu.sim.candles",
    "tarazu.sim.exchange.price_range",
    "tarazu.sim.exchange.tape",
    "tarazu.app.data.roll_kernels",
    "tarazu.risk.margin_scan",
    "tarazu.risk.scenarios",
    "tarazu.strategy.compiled",
    "tarazu.strategy.trees_kernels",
    "tarazu.app.research.frame_kernels",
)


def main() -> int:
    for name in KERNELS:
        start = time.perf_counter()
        importlib.import_module(name)
        print(f"{name:<32} {time.perf_counter() - start:6.2f} s", flush=True)
    print("WARM")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
