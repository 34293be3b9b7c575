"""The tables, one noun a row. Money in paise, quantities in units, time in UTC ns; `day` is the journal's, ISO, IST.

Rows with a `sequence` are told by the journal's entry of that number, `nth` among what it told of their kind, and never
change. `orders` and `positions` are the engine's state as of `journal.sequence`. A new shape is a new VERSION: an older
file is rebuilt, nothing is migrated.
"""

import msgspec

APPLICATION_ID = 0x54525A55
"""`TRZU`: what `file` and we know the file by."""
VERSION = 1


class Table(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    """Unique, and the order in which rows are read for the digest."""
    definition: str

    @property
    def insert(self) -> str:
        return f"INSERT INTO {self.name} VALUES ({', '.join('?' * len(self.columns))})"

    @property
    def upsert(self) -> str:
        return self.insert.replace("INSERT", "INSERT OR REPLACE", 1)

    @property
    def delete(self) -> str:
        return f"DELETE FROM {self.name} WHERE {' AND '.join(f'{column} = ?' for column in self.key)}"

    @property
    def select(self) -> str:
        return f"SELECT {', '.join(self.columns)} FROM {self.name} ORDER BY {', '.join(self.key)}"


def _table(name: str, key: str, columns: str) -> Table:
    """`columns` are names by type, a question mark behind one that may be NULL."""
    found: list[tuple[str, str]] = []
    for line in columns.strip().splitlines():
        kind, *names = line.split()
        found += [(column, kind) for column in names]
    lines = [f"  {c.rstrip('?')} {kind}{'' if c.endswith('?') else ' NOT NULL'}" for c, kind in found]
    body = ",\n".join([*lines, f"  PRIMARY KEY ({key})"])
    return Table(
        name=name,
        columns=tuple(column.rstrip("?") for column, _ in found),
        key=tuple(part.strip() for part in key.split(",")),
        definition=f"CREATE TABLE {name} (\n{body}\n) STRICT, WITHOUT ROWID",
    )


_TOLD = "day, sequence, nth"

TABLES: tuple[Table, ...] = (
    # Where the projection stands in each day's journal: every row of that day is told by these entries and no others.
    _table("journal", "day", """
        TEXT    day
        INTEGER sequence ts_ns
        BLOB    hash first_prev
    """),
    _table("runs", "day, sequence", """
        TEXT    day
        INTEGER sequence ts_ns wall_ns epoch
        TEXT    profile build master_sha256 halt_code
    """),
    _table("commands", "day, sequence", """
        TEXT    day
        INTEGER sequence ts_ns wall_ns
        TEXT    command who why ref order_id
    """),
    _table("intents", "day, ref", """
        TEXT    day ref
        INTEGER sequence ts_ns
        TEXT    strategy purpose covers group_ref leg instrument_key side
        INTEGER qty
        TEXT    product order_type variety validity
        INTEGER price_paise? trigger_paise? protection_bps? stop_distance_paise? stop_width_paise?
    """),
    _table("denials", f"{_TOLD}, control", """
        TEXT    day
        INTEGER sequence nth control ts_ns
        TEXT    code observed limit_text want strategy instrument_key side
        INTEGER qty? price_paise?
        TEXT    ref summary
    """),
    _table("requests", _TOLD, """
        TEXT    day
        INTEGER sequence nth ts_ns
        TEXT    call ref order_id
        INTEGER qty? price_paise? trigger_paise?
        TEXT    why
        INTEGER answer_sequence? answer_ns?
        TEXT    answer? answer_order_id? refusal? answer_text?
    """),
    _table("order_events", _TOLD, """
        TEXT    day
        INTEGER sequence nth ts_ns
        TEXT    ref was status
        INTEGER cum_qty
        TEXT    text
    """),
    _table("fills", "day, order_id, exec_id", """
        TEXT    day order_id exec_id
        INTEGER sequence ts_ns
        TEXT    ref instrument_key product side
        INTEGER qty price_paise ts_event_ns
    """),
    _table("orders", "day, ref", """
        TEXT    day ref order_id
        INTEGER is_ours
        TEXT    status
        INTEGER status_ns
        TEXT    instrument_key side product order_type variety parent_order_id
        INTEGER qty cum_qty traded_qty traded_paise price_paise trigger_paise
        TEXT    change cancel
        INTEGER changes intended_ns sent_ns unknown_ns ended_ns disowned
        TEXT    text
    """),
    _table("positions", "day, instrument_key, product", """
        TEXT    day instrument_key product
        INTEGER qty broker_qty overnight_qty overnight_cost_paise overnight_value_paise
        INTEGER buy_qty buy_value_paise sell_qty sell_value_paise open_cost_paise realised_paise
        TEXT    doubt
    """),
    _table("phases", _TOLD, """
        TEXT    day
        INTEGER sequence nth ts_ns
        TEXT    phase why
    """),
    _table("halts", _TOLD, """
        TEXT    day
        INTEGER sequence nth ts_ns is_halted
        TEXT    code why
        INTEGER since_ns
    """),
    _table("alerts", _TOLD, """
        TEXT    day
        INTEGER sequence nth ts_ns
        TEXT    severity code of_what text
    """),
    _table("failures", "day, sequence", """
        TEXT    day
        INTEGER sequence ts_ns
        TEXT    message error
    """),
)  # fmt: skip
"""In the order in which they are hashed."""

BY_NAME = {table.name: table for table in TABLES}

INDEXES = (
    "CREATE INDEX fills_of ON fills (day, ref)",
    "CREATE INDEX order_events_of ON order_events (day, ref)",
    "CREATE INDEX requests_of ON requests (day, ref, call)",
)

CREATE = ";\n".join([*(table.definition for table in TABLES), *INDEXES])
