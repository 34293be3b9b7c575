"""A no of the gate: which control, what was observed, what the limit is."""

from enum import StrEnum

import msgspec


class Code(StrEnum):
    """Reason codes; the controls are those of RELIABILITY 1a."""

    PHASE = "PHASE"
    """Entries are not taken now (C16, C23)."""
    INSTRUMENT = "INSTRUMENT"
    """Not in today's master (C01)."""
    LOT = "LOT"
    """No whole number of lots, or none (C02)."""
    TICK = "TICK"
    """A price off the tick, or none where one is needed (C02)."""
    BAND = "BAND"
    """Outside the day's price band, or the band is not known (C02)."""
    FREEZE = "FREEZE"
    """Above ten slices of the freeze quantity (C02)."""
    NO_LIMIT = "NO_LIMIT"
    """No position limit is configured for it (C03)."""
    POSITION = "POSITION"
    """Working, unknown and cooling orders counted in, the position could pass its limit (C07, C14)."""
    BLOCKED = "BLOCKED"
    """An order in the book may be an unknown one of ours: a person has to say."""
    STOP = "STOP"
    """No protective stop, or none that could be placed (C28)."""
    THROTTLE = "THROTTLE"
    """Too many requests lately (C11)."""
    LEAVING = "LEAVING"
    """This place is being left."""
    ORDER = "ORDER"
    """The order it is about cannot take it: none such, ended, something under way."""


class Denial(msgspec.Struct, frozen=True, gc=False):
    code: Code
    observed: str = ""
    limit: str = ""
