"""Which connection follows which instrument, and the text commands that bring a connection there.

Kite v3 "WebSocket streaming": subscribe, unsubscribe and mode are idempotent; a subscription begins in quote mode.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tarazu.wire.kite_text import SetMode, Subscribe, Unsubscribe
from tarazu.wire.kite_ticks import Mode

Modes = dict[int, Mode]
"""By instrument token."""

# Kite v3 "WebSocket streaming": up to 3 connections of one API key, 3,000 instruments on each.
CONNECTIONS_MAX = 3
TOKENS_MAX = 3_000

# Ours: some 9 kB a command, so that none is near any server's message limit.
COMMAND_TOKENS_MAX = 1_000

_MODE_WORDS = {Mode.LTP: "ltp", Mode.QUOTE: "quote", Mode.FULL: "full"}


class TooManyInstruments(ValueError):
    """More than the connections can hold; nothing was changed."""


def split(present: Sequence[Modes], wanted: Mapping[int, Mode], tokens_max: int = TOKENS_MAX) -> list[Modes]:
    """`wanted` over the connections: what is somewhere stays there, what is new goes where the fewest are.

    Nothing ever moves between connections, so a change disturbs only the instruments that it names. The loss of one
    connection then costs about a third. Raises TooManyInstruments.
    """
    room = tokens_max * len(present)
    if len(wanted) > room:
        raise TooManyInstruments(f"{len(wanted)} instruments, and {len(present)} connections hold {room}")
    parts = [{token: wanted[token] for token in held if token in wanted} for held in present]
    placed: set[int] = set().union(*parts)
    for token, mode in wanted.items():
        if token not in placed:
            min(parts, key=len)[token] = mode
    return parts


class Change(msgspec.Struct, frozen=True):
    """From what a connection follows to what it shall follow. Tokens in the order of the wanted."""

    added: Modes
    removed: list[int]
    remoded: Modes

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.remoded)

    def commands(self) -> Iterator[bytes]:
        """Text frames: what goes leaves room first, then what comes, each with its mode said, even the default."""
        for tokens in _chunks(self.removed):
            yield msgspec.json.encode(Unsubscribe(tokens))
        for tokens in _chunks(list(self.added)):
            yield msgspec.json.encode(Subscribe(tokens))
        told = self.added | self.remoded
        for mode, word in _MODE_WORDS.items():
            for tokens in _chunks([t for t, m in told.items() if m is mode]):
                yield msgspec.json.encode(SetMode((word, tokens)))  # type: ignore[arg-type]  # word is one of three


def change(present: Mapping[int, Mode], wanted: Mapping[int, Mode]) -> Change:
    return Change(
        added={t: m for t, m in wanted.items() if t not in present},
        removed=[t for t in present if t not in wanted],
        remoded={t: m for t, m in wanted.items() if present.get(t, m) is not m},
    )


def _chunks(tokens: list[int]) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(tokens), COMMAND_TOKENS_MAX):
        yield tuple(tokens[start : start + COMMAND_TOKENS_MAX])
