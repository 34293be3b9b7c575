"""A contract note as it was taken in: fills with their ids, charges of orders or of the day."""

import msgspec

SCHEMA = "tarazu.contract_note/1"


class NoteFill(msgspec.Struct, frozen=True, kw_only=True):
    order_id: str
    trade_id: str
    key: str
    """`EXCHANGE:TRADINGSYMBOL`."""
    side: str
    qty: int
    price_paise: int


class NoteCharges(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of one order, or of the whole day (`order_id` and `key` empty)."""

    order_id: str = ""
    """Empty in a note of the endpoint, which tells no ids: such a row is of an order that is as it says."""
    key: str = ""
    side: str = ""
    product: str = ""
    qty: int = 0
    price_paise: int = 0
    """The average that the row was asked for at."""
    lines: dict[str, int] = {}
    """Millipaise, for the endpoint tells charges finer than a paisa, by `legs.charge_lines.LINES`; what the note does
    not tell is not there."""

    @property
    def is_of_the_day(self) -> bool:
        return not self.order_id and not self.key


class NoteFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it was given."""

    name: str
    form: str
    """`csv`, `json`."""
    sha256: str
    text: str


class ContractNote(msgspec.Struct, frozen=True, kw_only=True):
    """`closes/<day>/contract_note-<sha256[:12]>.json`: what was read of the files, and the files themselves."""

    schema: str = SCHEMA
    day: str
    sha256: str
    """Of the file; of several, of their hashes in order."""
    files: tuple[NoteFile, ...]
    fills: tuple[NoteFill, ...] = ()
    charges: tuple[NoteCharges, ...] = ()


class BadNote(ValueError):
    """The file is no contract note that could be read; the message is for people and says where."""
