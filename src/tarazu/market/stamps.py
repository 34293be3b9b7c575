"""The exchange's clock on the packets: late, early, or of a time that was over.

Judged by group, over packets that just came: the whole group must be wrong. One snapshot of a contract that last
traded in the morning carries a morning's stamp and means nothing.
"""

import numpy as np
from numpy.typing import NDArray

from tarazu.market.feeds import FreshnessLimits
from tarazu.model.ist import IST_OFFSET_NS
from tarazu.model.units import DAY_NS, SECOND_NS

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Stamps:
    """Newest credible stamp of each group so far, and what the last `look` found."""

    def __init__(self, groups: int, limits: FreshnessLimits) -> None:
        self._limits = limits
        self._newest_ns: Ints = np.zeros(groups, np.int64)
        self.behind_ns: Ints = np.zeros(groups, np.int64)
        """Receive time minus stamp of the group's least late packet; negative: all are ahead."""
        self.skewed: Flags = np.zeros(groups, np.bool_)
        self.replayed: Flags = np.zeros(groups, np.bool_)

    def look(self, now_ns: int, wall_ns: int, data_ns: Ints, stamp_s: Ints, quorum: Ints, starts: Ints) -> None:
        """`data_ns` (monotonic, 0 never) and `stamp_s` (epoch seconds, 0 none) by member; `quorum` by group; groups
        begin at `starts`."""
        limits = self._limits
        judged = (data_ns > 0) & (now_ns - data_ns <= limits.recent_ns) & (stamp_s > 0)
        stamps = stamp_s * SECOND_NS
        behind = data_ns + (wall_ns - now_ns) - stamps
        enough = np.add.reduceat(judged.astype(np.int64), starts) >= quorum
        least = np.minimum.reduceat(np.where(judged, behind, DAY_NS * 36_500), starts)
        most = np.maximum.reduceat(np.where(judged, behind, -DAY_NS * 36_500), starts)
        newest = np.maximum.reduceat(np.where(judged, stamps, 0), starts)
        ahead = enough & (most < -limits.stamp_ahead_ns)
        self.behind_ns = np.where(enough, np.where(ahead, most, least), 0)
        self.skewed = ahead | (enough & (least > limits.stamp_behind_ns))
        other_day = (newest + IST_OFFSET_NS) // DAY_NS < (wall_ns + IST_OFFSET_NS) // DAY_NS
        went_back = newest < self._newest_ns - limits.replay_back_ns
        self.replayed = enough & (other_day | went_back)
        # A stamp from the future must not make everything after it look old.
        credible = enough & (newest <= wall_ns + limits.stamp_ahead_ns)
        np.copyto(self._newest_ns, np.maximum(self._newest_ns, newest), where=credible)
