"""Is a bundle what was written? Every byte by the manifest, the manifest by what the desk's record says of the file,
the journal's slice by its own chain and the signed checkpoint, the record's lines by theirs.

A bundle comes from somebody: nothing is unpacked, and names, sizes and links that could do harm are refused first.
"""

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from tarazu.adapters.signing import Ed25519Verifier
from tarazu.app.home import Home
from tarazu.app.incidents.bundle.journal_part import VERIFIER, Leaf
from tarazu.app.incidents.bundle.pack import MANIFEST, SCHEMA, Manifest
from tarazu.app.incidents.bundle.staging import file_told
from tarazu.app.incidents.incident import Act
from tarazu.app.incidents.store import incidents
from tarazu.app.verdict import Check, Status
from tarazu.journal.checkpoint import BadNote
from tarazu.journal.codec import BadBytes, entry_of_leaf
from tarazu.journal.merkle import leaf_hash
from tarazu.journal.proof import BadProof, Proof, entry_in
from tarazu.runtime.desk_record import DeskEntry

BYTES_MAX = 4 << 30
"""Of all files together; no bundle of ours comes near it."""
FILES_MAX = 20_000
_HELD_MAX = 512 << 20
"""Of one file, and of all that is held in memory at once."""
_UNREADABLE = (OSError, EOFError, tarfile.TarError, gzip.BadGzipFile, zlib.error)


class BadBundle(ValueError):
    """It is no bundle, or one that must not be opened; the message is for people."""


class Opened(msgspec.Struct, frozen=True):
    """A bundle read through once."""

    manifest: Manifest
    sums: dict[str, tuple[int, str]]
    """Bytes and SHA-256 by name, as they are in the file."""
    held: dict[str, bytes]
    """What is checked by more than its hash."""


def open_bundle(path: Path) -> Opened:
    """Read it through without unpacking anything. Raises BadBundle."""
    sums: dict[str, tuple[int, str]] = {}
    held: dict[str, bytes] = {}
    held_bytes = 0
    try:
        with tarfile.open(path, "r:gz") as tar:
            for name, content in _members(tar):
                sums[name] = len(content), hashlib.sha256(content).hexdigest()
                if name == MANIFEST or name.startswith(("journal/", "desk/")):
                    held[name] = content
                    held_bytes += len(content)
                if held_bytes > _HELD_MAX:
                    raise BadBundle(f"its journal and record take more than {_HELD_MAX >> 20} MiB")
    except _UNREADABLE as bad:
        raise BadBundle(f"{path} does not read: {bad}") from bad
    try:
        manifest = msgspec.json.decode(held.pop(MANIFEST), type=Manifest)
    except (KeyError, msgspec.MsgspecError, UnicodeDecodeError) as bad:
        raise BadBundle(f"{path} has no {MANIFEST} that reads: {bad}") from bad
    if manifest.schema != SCHEMA:
        raise BadBundle(f"{path} is a {manifest.schema}; this tarazu reads {SCHEMA}")
    del sums[MANIFEST]
    return Opened(manifest, sums, held)


def checks_of(opened: Opened) -> Iterator[Check]:
    """What the bundle says of itself, and whether it holds."""
    yield _files(opened)
    for name in sorted(opened.held):
        if name.startswith("journal/slice-"):
            yield _slice(name, opened.held[name])
        elif name.startswith("journal/proof-"):
            yield _proof(name, opened)
        elif name.startswith("desk/"):
            yield _record(name, opened.held[name])


def recorded_check(home: Home, path: Path, manifest: Manifest) -> Check:
    """Whether this desk's record says that it made this very file, whatever its name is now. Only of an id that is
    unknown here nothing can be said."""
    check = Check(id="bundle.recorded", status=Status.OK)
    sha256 = file_told(path, path.name).sha256
    try:
        known = next((i for i in incidents(home) if i.id == manifest.id), None)
    except OSError as failed:
        return check.broken(Status.UNKNOWN, "RECORD_UNREADABLE", f"the desk's record does not read: {failed}")
    made = [said.text for said in known.timeline if said.act is Act.BUNDLE] if known else []
    if any(sha256 in text for text in made):
        return check
    why = f"this desk's record has {len(made)} bundles of {manifest.id}, and none with the hash {sha256[:12]}"
    if made:
        return check.broken(Status.CRIT, "NOT_AS_RECORDED", f"{why}: it is another file than the ones that were made")
    if known:
        text = f"{why}: nobody here has made it, or the record took nothing when it was made"
        return check.broken(Status.WARN, "NOT_RECORDED", text, f"tarazu incident show {manifest.id}")
    return msgspec.structs.replace(check, status=Status.SKIP, detail=f"{why}: its id is unknown here, made elsewhere")


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    """Plain files of safe names, each once, whole. Raises BadBundle."""
    seen: set[str] = set()
    total = 0
    for member in tar:
        name = member.name
        parts = PurePosixPath(name).parts
        if not member.isreg() or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
            raise BadBundle(f"it has {name[:80]!r}, which is no plain file inside it: nothing of it was unpacked")
        if name.casefold() in seen:
            raise BadBundle(f"it has {name[:80]!r} twice")
        seen.add(name.casefold())
        total += member.size
        if total > BYTES_MAX or len(seen) > FILES_MAX or member.size > _HELD_MAX:
            raise BadBundle(f"it would unpack to more than {BYTES_MAX >> 30} GiB or {FILES_MAX:,} files")
        content = tar.extractfile(member)
        assert content is not None, "a plain file has content"
        yield name, content.read()


def _files(opened: Opened) -> Check:
    told = {one.name: (one.bytes, one.sha256) for one in opened.manifest.files}
    check = Check(id="bundle.files", status=Status.OK, observed=len(opened.sums), unit="files")
    changed = sorted(name for name, sum_ in told.items() if opened.sums.get(name) not in (None, sum_))
    gone, strange = sorted(told.keys() - opened.sums.keys()), sorted(opened.sums.keys() - told.keys())
    for names, code, what in (
        (changed, "FILE_CHANGED", "not what the manifest says"),
        (gone, "FILE_GONE", "in the manifest and not here"),
        (strange, "FILE_STRANGE", "here and not in the manifest"),
    ):
        if names:
            return check.broken(Status.CRIT, code, f"{len(names)} files are {what}: {', '.join(names[:5])}")
    return check


def _slice(name: str, raw: bytes) -> Check:
    """Each entry has the hash of the one before it; of one that was withheld its own hash alone is here."""
    check = Check(id=name.removesuffix(".jsonl"), status=Status.OK)
    before: tuple[int, bytes] | None = None
    count, withheld = 0, 0
    try:
        for line in raw.splitlines():
            told = msgspec.json.decode(line, type=Leaf)
            sequence, prev, hash_ = _linked(told)
            follows = before is None or (sequence == before[0] + 1 and prev in (None, before[1]))
            if before is not None and not follows:
                return check.broken(Status.CRIT, "CHAIN", f"entry {sequence:,} does not follow {before[0]:,}")
            before, count, withheld = (sequence, hash_), count + 1, withheld + (prev is None)
    except (msgspec.MsgspecError, BadBytes, ValueError) as bad:
        return check.broken(Status.CRIT, "CHAIN", f"line {count + 1} is no entry: {bad}")
    check = msgspec.structs.replace(check, observed=count, unit="entries, chained")
    if withheld:
        text = f"of {withheld} only the hash is here, and what is before one is not chained to what follows it"
        return check.broken(Status.WARN, "WITHHELD", text)
    return check


def _linked(told: Leaf) -> tuple[int, bytes | None, bytes]:
    """Sequence, the hash it follows (None: withheld), its own. Raises BadBytes, ValueError."""
    if told.hash:
        return told.sequence, None, bytes.fromhex(told.hash)
    entry = entry_of_leaf(told.raw)
    return entry.sequence, entry.prev, leaf_hash(told.raw)


def _proof(name: str, opened: Opened) -> Check:
    """That an entry of the slice stands under a checkpoint signed by the key in the bundle. Whether that is the desk's
    key is for whoever kept it to say."""
    check = Check(id=name.removesuffix(".json"), status=Status.OK)
    try:
        verifier = Ed25519Verifier(opened.held[VERIFIER].decode().strip())
        proof = msgspec.json.decode(opened.held[name], type=Proof)
        entry = entry_in(proof, (verifier,))
    except (KeyError, UnicodeDecodeError, BadNote, BadProof, msgspec.MsgspecError) as bad:
        return check.broken(Status.CRIT, "PROOF", f"it proves nothing: {bad}")
    lines = opened.held.get(name.replace("proof-", "slice-").replace(".json", ".jsonl"), b"").splitlines()
    if not any(msgspec.json.decode(line, type=Leaf).leaf == proof.leaf for line in lines):
        return check.broken(Status.CRIT, "PROOF", f"entry {entry.sequence:,}, which it proves, is not in the slice")
    return msgspec.structs.replace(check, observed=f"entry {entry.sequence:,} signed by {verifier.name}")


def _record(name: str, raw: bytes) -> Check:
    """Each line has the hash of the one before it; the first one's is of the day before."""
    check = Check(id=name.removesuffix(".jsonl"), status=Status.OK)
    before = ""
    lines = raw.split(b"\n")[:-1]
    for number, line in enumerate(lines, start=1):
        try:
            entry = msgspec.json.decode(line, type=DeskEntry)
        except msgspec.MsgspecError as bad:
            return check.broken(Status.CRIT, "RECORD_CHANGED", f"line {number} does not read: {bad}")
        if entry.seq != number or (before and entry.prev != before):
            return check.broken(Status.CRIT, "RECORD_CHANGED", f"line {number} does not follow the one before it")
        before = hashlib.sha256(line).hexdigest()
    return msgspec.structs.replace(check, observed=len(lines), unit="lines, chained")
