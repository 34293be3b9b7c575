"""Which connection carries which instrument."""

from collections.abc import Mapping, Sequence

import msgspec

from tarazu.model.ids import InstrumentToken


class ConnectionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Kite allows three connections of 3,000 instruments (KITE facts 2.1, 2.3)."""

    connections: int = 3
    instruments_each: int = 3_000

    @property
    def instruments(self) -> int:
        return self.connections * self.instruments_each


def assign(
    tokens: Sequence[InstrumentToken], limits: ConnectionLimits, before: Mapping[InstrumentToken, int]
) -> tuple[int, ...]:
    """A connection for each of `tokens`, spread evenly; what had one before keeps it, so nothing is subscribed anew.

    At most `limits.instruments` tokens.
    """
    assert len(tokens) <= limits.instruments, "cut the list first"
    held = [0] * limits.connections
    kept: dict[InstrumentToken, int] = {}
    for token in tokens:
        connection = before.get(token)
        if connection is not None and connection < limits.connections and held[connection] < limits.instruments_each:
            kept[token] = connection
            held[connection] += 1
    found = []
    for token in tokens:
        connection = kept.get(token)
        if connection is None:
            connection = min(range(limits.connections), key=held.__getitem__)
            held[connection] += 1
        found.append(connection)
    return tuple(found)
