"""The day as an axis: labels at round times of IST."""

from collections.abc import Sequence

from tarazu.app.pages.paper import Axis
from tarazu.model import ist
from tarazu.model.units import HOUR_NS, MINUTE_NS

LABELS_MAX = 10
_STEPS_NS = (MINUTE_NS, 5 * MINUTE_NS, 15 * MINUTE_NS, 30 * MINUTE_NS, HOUR_NS)


def clock_axis(times_ns: Sequence[int]) -> Axis:
    """Positions are the indexes of `times_ns`, which ascend; labels at round times of IST, few enough to be read."""
    if not times_ns:
        return Axis(length=1, labels=[])
    span_ns = times_ns[-1] - times_ns[0]
    step_ns = next((step for step in _STEPS_NS if span_ns <= step * LABELS_MAX), HOUR_NS)
    labels: list[tuple[float, str]] = []
    before = _part(times_ns[0], step_ns)
    for n, at_ns in enumerate(times_ns):
        if (part := _part(at_ns, step_ns)) != before:
            labels.append((float(n), f"{ist.clock_of(part * step_ns - ist.IST_OFFSET_NS):%H:%M}"))
            before = part
    return Axis(length=max(len(times_ns) - 1, 1), labels=labels or [(0.0, f"{ist.clock_of(times_ns[0]):%H:%M}")])


def _part(ts_ns: int, step_ns: int) -> int:
    return (ts_ns + ist.IST_OFFSET_NS) // step_ns
