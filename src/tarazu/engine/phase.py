"""How much the engine may do now. Every start begins at the bottom; only a halt needs a person to leave it."""

from enum import StrEnum


class Phase(StrEnum):
    """DESIGN 7: recover, RECONCILING, REDUCE_ONLY, ACTIVE. Cancellations and exits pass in every phase."""

    RECONCILING = "RECONCILING"
    """Our books and the broker's have not been found equal since the start, or since the session was lost."""
    REDUCE_ONLY = "REDUCE_ONLY"
    ACTIVE = "ACTIVE"
    HALTED = "HALTED"
    """Latched, on the disk: no midnight and no restart ends it."""
