"""A market state as decisions read it: the best prices by key, in paise.

    quotes = StateQuotes(follower.state, {instrument.instrument_token: instrument.key for instrument in watched})
    follower.follow_ready()
    quotes.moved(follower.changed)

For the thread that writes the state: what it reads is between two passes.
"""

import struct
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tarazu.market.slots import PACKET, SLOT
from tarazu.market.state import MarketView
from tarazu.market.touch import Touch
from tarazu.model.instrument import PAISE_DIVISOR, price_divisor

# Of a PACKET: ltp, then quantity and price of five bids and five asks.
_ROW = struct.Struct("<4xi56x" + "ii4x" * 10)
_SEEN = struct.Struct("<q")
assert _ROW.size == PACKET.itemsize and SLOT.fields is not None and SLOT.fields["recv_ns"][1] == 0
_BIDS, _ASKS, _END = 1, 11, 21


class StateQuotes:
    """`market.touch.Quotes`, as the state stands when it is asked."""

    def __init__(self, state: MarketView, key_of: Mapping[int, str]) -> None:
        """`key_of` by token: tokens that the state has not are never seen, slots without a key never told."""
        self._state_rows = state.rows
        self._rows = state.rows.view(np.uint8).data
        self._slots = state.slots.view(np.uint8).data
        tokens = [int(token) for token in state.rows["token"]]
        self._keys = [key_of.get(token) for token in tokens]
        self._places = {
            key: (slot, price_divisor(token) // PAISE_DIVISOR)
            for slot, (token, key) in enumerate(zip(tokens, self._keys, strict=True))
            if key is not None
        }
        self._changed = Changed(self._keys, self._places, np.zeros(0, np.intp))

    def touch(self, key: str) -> Touch | None:
        place = self._places.get(key)
        if place is None:
            return None
        slot, parts = place
        (seen_ns,) = _SEEN.unpack_from(self._slots, slot * SLOT.itemsize)
        if not seen_ns:
            return None
        row = _ROW.unpack_from(self._rows, slot * PACKET.itemsize)
        bid_paise, bid_qty = _best(row, _BIDS, _ASKS, parts)
        ask_paise, ask_qty = _best(row, _ASKS, _END, parts)
        return Touch(
            bid_paise=bid_paise,
            bid_qty=bid_qty,
            ask_paise=ask_paise,
            ask_qty=ask_qty,
            last_paise=_paise(row[0], parts),
            seen_ns=seen_ns,
        )

    def changed(self) -> Collection[str]:
        """What `moved` was told last: in the order of the subscription, until it is told again."""
        return self._changed

    def still(self) -> "StillMiddles":
        """Of the first level of each side: where that holds no order, none is known."""
        bids, asks = (self._state_rows[side]["price"][:, 0] for side in ("bids", "asks"))
        return StillMiddles(self._places, np.stack((bids, asks)))

    def moved(self, changed: NDArray[np.intp]) -> None:
        """Frames were applied; `changed` are the slots they changed, ascending. It is kept, not copied."""
        self._changed = Changed(self._keys, self._places, changed)


class StillMiddles:
    """`market.touch.Middles`: a copy."""

    def __init__(self, places: Mapping[str, tuple[int, int]], best: NDArray[np.int32]) -> None:
        self._places = places
        self._bids, self._asks = (side.data for side in best)  # numbers of a memoryview are Python's own

    def middle(self, key: str) -> float | None:
        place = self._places.get(key)
        if place is None:
            return None
        slot, parts = place
        bid, ask = self._bids[slot], self._asks[slot]
        return (bid + ask) / (2 * parts) if bid > 0 and ask > 0 else None


class Changed(Collection[str]):
    """Keys of slots, looked up and not gone through: most frames change hundreds, and few matter to anybody."""

    def __init__(
        self, keys: Sequence[str | None], places: Mapping[str, tuple[int, int]], slots: NDArray[np.intp]
    ) -> None:
        self._keys, self._places, self._slots = keys, places, slots

    def __contains__(self, key: object) -> bool:
        place = self._places.get(key) if isinstance(key, str) else None
        if place is None:
            return False
        at = bisect_left(self._slots, place[0])
        return at < len(self._slots) and bool(self._slots[at] == place[0])

    def __iter__(self) -> Iterator[str]:
        keys = self._keys
        return (key for slot in self._slots.tolist() if (key := keys[slot]) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _best(row: tuple[int, ...], at: int, end: int, parts: int) -> tuple[int | None, int]:
    """Price and quantity of the first level that has an order; no quantity where the price is none in paise."""
    while at < end:
        qty, price = row[at], row[at + 1]
        if qty > 0 and price > 0:
            paise = _paise(price, parts)
            return (None, 0) if paise is None else (paise, qty)
        at += 2
    return None, 0


def _paise(price: int, parts: int) -> int | None:
    """`parts` of the wire's integer make one paisa; None for no price, and where a fraction would be lost."""
    if parts == 1:
        return price if price > 0 else None
    paise, rest = divmod(price, parts)
    return paise if price > 0 and not rest else None
