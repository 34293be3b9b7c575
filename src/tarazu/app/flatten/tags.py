"""The name an order of a flatten carries: a client order id whose first letter is F instead of T.

So nobody takes it for main's: main and the watchdog see an order of a stranger, which counts, and not one of their own
without an intent, which would halt the desk. `is_flatten_tag` tells who wants to know.
"""

from datetime import date

from tarazu.orders.client_order_id import EPOCH_MAX, ClientOrderId, read_tag

_LETTER, _OURS = "F", "T"
_SLICE_S = 3
"""The seconds of a day, in slices of three, fit in the epoch of an id; what of one has passed, in its sequence."""
_ORDERS_MAX = 1_000


class Tags:
    """Of one flatten, unique for ever: only one runs at a time, and none ends in a millisecond."""

    def __init__(self, day: date, ms_of_day: int) -> None:
        slice_, within = divmod(ms_of_day, _SLICE_S * 1_000)
        assert 0 <= slice_ <= EPOCH_MAX
        self._day, self._epoch, self._next = day, slice_, within * _ORDERS_MAX

    def fresh(self) -> str:
        """As the blotter knows it."""
        self._next += 1
        return ClientOrderId(self._day, self._epoch, self._next).tag


def on_the_wire(tag: str) -> str:
    """As the broker shows it."""
    return _LETTER + tag[1:]


def off_the_wire(tag: str) -> str:
    """The blotter's name of an order of a flatten; any other tag as it is."""
    return _OURS + tag.strip().upper()[1:] if is_flatten_tag(tag) else tag


def is_flatten_tag(tag: str) -> bool:
    """Whether an order that carries this was sent by `tarazu flatten` itself."""
    text = tag.strip().upper()
    return text.startswith(_LETTER) and isinstance(read_tag(_OURS + text[1:]), ClientOrderId)
