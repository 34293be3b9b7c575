"""How far a campaign is: a bar on stderr where that is a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tarazu.app.data.steps import steps
from tarazu.dst.tally import Tally


@contextmanager
def days_bar(label: str, days: int) -> Iterator[Callable[[Tally], None]]:
    with steps()(label) as progress:
        yield lambda sofar: progress(sofar.days, days)
