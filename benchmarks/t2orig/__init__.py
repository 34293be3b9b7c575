"""What the tick-to-order benchmark is made of: a market and an order endpoint on one clock, our processes, the peer.

Each module is a process (`python -m t2orig.market`, run in `benchmarks/`); `feedrig.run` starts them.
"""
