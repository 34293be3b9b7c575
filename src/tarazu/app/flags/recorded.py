"""What the desk's record says of the flags: which version was made active last, by whom."""

from pathlib import Path

import msgspec

from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry, DeskKind, days

_MARK = f'"{DeskKind.FLAGS}"'.encode()
ACTS = ("set", "rollback")


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    sha256: str
    who: str
    ts_ns: int


def last_recorded(folder: Path) -> Recorded | None:
    """Of the last change; None: the record tells of none. That its lines follow each other is proven elsewhere
    (`runtime.desk_record`). Raises BadDeskRecord, OSError."""
    for day in reversed(days(folder)):
        path = folder / f"{day.isoformat()}.jsonl"
        lines = path.read_bytes().split(b"\n")[:-1]
        for number in range(len(lines), 0, -1):
            if _MARK in lines[number - 1] and (found := _change(path, number, lines[number - 1])) is not None:
                return found
    return None


def _change(path: Path, number: int, line: bytes) -> Recorded | None:
    """None: the entry is of another kind, or changes nothing that is active."""
    try:
        entry = msgspec.json.decode(line, type=DeskEntry)
        if entry.kind is not DeskKind.FLAGS or entry.body.get("act") not in ACTS:
            return None
        version, sha256 = entry.body["version"], entry.body["sha256"]
        return msgspec.convert({"version": version, "sha256": sha256, "who": entry.who, "ts_ns": entry.ts_ns}, Recorded)
    except (msgspec.MsgspecError, KeyError) as bad:
        raise BadDeskRecord(f"{path}: line {number} tells of the flags and does not read: {bad}") from bad
