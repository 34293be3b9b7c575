"""The contract note as Kite's endpoint answers it (`POST /charges/orders`): a row an order, with its charges.

Kite v3 "Virtual contract note". The rows tell no order id; a row that was given one (`order_id`) is of that order.
"""

import msgspec

from tarazu.app.reconcile.legs.charge_lines import broker_lines
from tarazu.app.reconcile.note.contract_note import BadNote, NoteCharges
from tarazu.orders.kite_rows import paise
from tarazu.wire.kite_money import ContractNoteRow


class _Row(ContractNoteRow, kw_only=True):
    order_id: str = ""


class _Answer(msgspec.Struct):
    data: list[_Row]


def read_json(text: str) -> tuple[NoteCharges, ...]:
    """Of the rows alone, or of the whole answer. Raises BadNote."""
    raw = text.removeprefix("\ufeff").lstrip().encode()
    try:
        rows = (
            msgspec.json.decode(raw, type=_Answer).data
            if raw[:1] == b"{"
            else msgspec.json.decode(raw, type=list[_Row])
        )
    except (msgspec.MsgspecError, RecursionError) as bad:
        raise BadNote(f"it is not what the contract-note endpoint answers: {bad}") from bad
    if not rows:
        raise BadNote("it has no order")
    return tuple(_charges(number, row) for number, row in enumerate(rows, start=1))


def _charges(number: int, row: _Row) -> NoteCharges:
    try:
        return NoteCharges(
            order_id=row.order_id,
            key=f"{row.exchange}:{row.tradingsymbol}",
            side=row.transaction_type,
            product=row.product,
            qty=row.quantity,
            price_paise=paise(row.price),
            lines=broker_lines(row.charges),
        )
    except ValueError as bad:
        raise BadNote(f"row {number}: {bad}") from bad
