"""The hour at which the tests close the desk's day, and what their fixture `step` is."""

from collections.abc import Callable

from harness.order_story import DAY
from tarazu.model import ist
from tarazu.model.units import HOUR_NS

FOUR_NS = ist.midnight_ns(DAY) + 16 * HOUR_NS
Step = Callable[..., None]
"""`step(home, kind, exit, day=, now_ns=)`: a step of another command is written down as done."""
