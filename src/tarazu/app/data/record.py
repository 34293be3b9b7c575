"""What the feed process wrote beside the frames of a day: its events, and the names of its instruments."""

from tarazu.app.data.frames import Batch
from tarazu.app.feed.record import BadEvent, FeedRecordEvent, Selected, decode_event
from tarazu.model.instrument import SegmentByte
from tarazu.runtime.segment import Kind


class Record:
    """Takes a day's batches in order."""

    def __init__(self) -> None:
        self.events: list[FeedRecordEvent] = []
        self.unknown = 0
        """Events of another version, passed over."""
        self.names: dict[int, str] = {}
        """Token to `NSE:NIFTY 50`, from what was selected in the day; no other source is asked."""

    def take(self, batch: Batch) -> None:
        for payload in batch.payloads(Kind.EVENT):
            try:
                event = decode_event(payload)
            except BadEvent:
                self.unknown += 1
                continue
            self.events.append(event)
            if isinstance(event, Selected):
                self.names.update(zip(event.tokens, event.symbols, strict=False))

    @property
    def underlyings(self) -> list[str]:
        """Keys of what the day's selections were made around, in the order of first mention."""
        made = (c.underlying for e in self.events if isinstance(e, Selected) for c in e.centres)
        return list(dict.fromkeys(made))

    def name_of(self, token: int) -> str:
        """The number itself where nothing names it."""
        return self.names.get(token, str(token))

    def token_of(self, symbol: str) -> int | None:
        """Of a key, of a tradingsymbol without its exchange, or of a token as text."""
        for token, name in self.names.items():
            if symbol in (name, name.partition(":")[2]):
                return token
        return int(symbol) if symbol.isdecimal() else None


def is_index(token: int) -> bool:
    return token & 0xFF == SegmentByte.INDICES
