"""The journal's entries of the window, each byte that the chain hashes, and the proof that they stand in a signed day.

journal/slice-<day>.jsonl      {"sequence", "ts_ns", "leaf"}: `leaf` is base64 of what the tree hashes
journal/entries-<day>.jsonl    the same decoded, for reading; without credentials, should there be any
journal/proof-<day>.json       of the last entry that a checkpoint covers, as `tarazu audit prove` makes it
journal/journal.vkey           the key it is signed by; compare it with the one that was kept elsewhere
"""

import base64
from collections import deque
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from tarazu.app import audit
from tarazu.app.incidents.bundle.scope import Scope
from tarazu.app.incidents.bundle.staging import Staging
from tarazu.engine import codec
from tarazu.journal.checkpoint import parse, split_notes
from tarazu.journal.codec import SEGMENT_HEADER_BYTES, after, entry_at, leaf_of
from tarazu.journal.entry import Entry
from tarazu.journal.findings import Fault, Report
from tarazu.journal.merkle import Tree, leaf_hash
from tarazu.journal.proof import prove
from tarazu.runtime.journal_files import checkpoints_path, day_folder, days, map_file, segment_numbers, segment_path

ENTRIES_MAX = 50_000
"""Of a day, the last of the window; what is left out is told."""
VERIFIER = "journal/journal.vkey"


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    sequence: int
    ts_ns: int
    leaf: str = ""
    """Base64 of what the tree hashes. Empty where a credential is in it: then `hash` stands for it."""
    hash: str = ""
    """Hex, what the next entry follows; empty where the leaf is here."""

    @property
    def raw(self) -> bytes:
        """Raises binascii.Error."""
        return base64.b64decode(self.leaf, validate=True)


def journal_part(scope: Scope, staging: Staging) -> None:
    root = scope.home.journal
    known = days(root)
    touched = [day for day in scope.days if day in known]
    if not touched:
        staging.lack("journal", f"there is no journal of {scope.days[0]} in {root}")
        return
    shown = audit.key_folder(scope.home) / "journal.vkey"
    if shown.exists():
        staging.text(VERIFIER, shown.read_text())
    for day in touched:
        staging.part(f"journal {day}", lambda day=day: _day(scope, staging, day))  # type: ignore[misc]


def _day(scope: Scope, staging: Staging, day: date) -> None:
    folder = day_folder(scope.home.journal, day)
    kept: deque[tuple[Entry, bytes]] = deque(maxlen=ENTRIES_MAX)
    found = 0
    for entry, leaf in _entries(folder):
        if scope.has(entry.ts_ns):
            kept.append((entry, leaf))
            found += 1
    if found > len(kept):
        staging.lack(f"journal {day}", f"of {found:,} entries in the window the last {len(kept):,} are here")
    withheld = {entry.sequence for entry, leaf in kept if staging.redactor.found_in(leaf)}
    if withheld:
        text = f"of {len(withheld)} entries only the hash is here: a credential is in them"
        staging.lack(f"journal {day}", text)
    leaves = (_leaf(entry, leaf, entry.sequence in withheld) for entry, leaf in kept)
    raw = b"".join(msgspec.json.encode(one) + b"\n" for one in leaves)
    staging.path(f"journal/slice-{day}.jsonl").write_bytes(raw)
    staging.lines(f"journal/entries-{day}.jsonl", (_decoded(entry) for entry, _ in kept))
    shown = {entry.sequence: leaf for entry, leaf in kept if entry.sequence not in withheld}
    staging.part(f"journal proof {day}", lambda: _proof(scope, staging, day, shown))


def _leaf(entry: Entry, leaf: bytes, is_withheld: bool) -> Leaf:
    told = {"hash": leaf_hash(leaf).hex()} if is_withheld else {"leaf": base64.b64encode(leaf).decode()}
    return Leaf(sequence=entry.sequence, ts_ns=entry.ts_ns, **told)


def _proof(scope: Scope, staging: Staging, day: date, leaves: dict[int, bytes]) -> None:
    """Of the last entry that is covered; a day that is damaged proves nothing, and its faults are in the bundle."""
    report = audit.judge(scope.home, day, audit.trust(scope.home, None, ()), lambda done, of: None)
    told = {"day": day, "entries": report.entries, "covered": report.checkpoint_size, "signed": report.signed}
    staging.json(f"journal/verified-{day}.json", told | {"findings": [str(one) for one in report.findings]})
    if report.gravest is not None and report.gravest.fault is not Fault.TORN_TAIL:
        staging.lack(f"journal proof {day}", f"the day is damaged: {report.gravest}")
        return
    path = checkpoints_path(day_folder(scope.home.journal, day))
    points = [parse(note) for note in split_notes(path.read_bytes() if path.exists() else b"")[0]]
    largest = max((p for p in points if p.size <= report.entries), key=lambda p: p.size, default=None)
    covered = max((n for n in leaves if largest is not None and n <= largest.size), default=None)
    if largest is None or covered is None:
        staging.lack(f"journal proof {day}", f"no signed checkpoint covers the window yet; {_sizes(report)}")
        return
    point = min((p for p in points if covered <= p.size <= report.entries), key=lambda p: p.size)
    staging.json(f"journal/proof-{day}.json", prove(covered, leaves[covered], Tree(report.leaves), point))


def _sizes(report: Report) -> str:
    return f"{report.entries:,} entries, {report.checkpoint_size:,} under checkpoints"


def _entries(folder: Path) -> Iterator[tuple[Entry, bytes]]:
    """Every entry that is whole, with its leaf; what is damaged is the audit's to tell."""
    for number in segment_numbers(folder):
        view, at = map_file(segment_path(folder, number)), SEGMENT_HEADER_BYTES
        while (entry := entry_at(view, at)) is not None:
            yield entry, leaf_of(view, at)
            at = after(entry, at)


def _decoded(entry: Entry) -> dict[str, Any]:
    told: dict[str, Any] = {"sequence": entry.sequence, "ts_ns": entry.ts_ns, "epoch": entry.epoch}
    told["kind"] = codec.NAMES.get(entry.kind, entry.kind)
    try:
        record = codec.decode(entry.kind, entry.payload)
    except codec.BadPayload as bad:
        return told | {"unreadable": str(bad)}
    told["message"] = msgspec.to_builtins(record.stamped.message)
    if isinstance(record, codec.Failure):
        return told | {"error": record.error}
    return told | {"acts": msgspec.to_builtins(record.step.acts), "outputs": msgspec.to_builtins(record.step.outputs)}
