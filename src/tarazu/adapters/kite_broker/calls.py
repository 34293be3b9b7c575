"""What the broker counts (KITE facts 1.12). Who obeys the limits is the engine; here is only told what has gone out."""

from enum import StrEnum


class Call(StrEnum):
    PLACE = "PLACE"
    MODIFY = "MODIFY"
    CANCEL = "CANCEL"
    OTHER = "OTHER"
    """Reads, margins and charges, and the pings of idle connections."""
