"""A feed that plays the same picture: packets come, and nothing in any of them changes."""

import numpy as np
from numpy.typing import NDArray


def still_ns(
    now_ns: int,
    changed_ns: NDArray[np.int64],
    begin_ns: NDArray[np.int64],
    judged: NDArray[np.bool_],
    starts: NDArray[np.int64],
) -> NDArray[np.int64]:
    """How long each feed has shown nothing new; 0 for a feed without judged members.

    One quiet contract repeats itself lawfully; a whole feed of an open market does not. `changed_ns` is, by member,
    when a packet last differed from the one before in a price, volume, interest or level (0 never); no time before
    `begin_ns` counts; feeds begin at `starts`.
    """
    moved = np.where(judged, np.maximum(changed_ns, begin_ns), 0)
    newest = np.maximum.reduceat(moved, starts)
    still: NDArray[np.int64] = np.where(newest > 0, np.maximum(now_ns - newest, 0), 0)
    return still
