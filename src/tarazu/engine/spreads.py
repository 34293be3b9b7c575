"""Multi-leg orders under way: one step of `orders.legs` at a time."""

from tarazu.engine.run import Run


def advance(run: Run) -> None:
    """To be written by its owner."""
