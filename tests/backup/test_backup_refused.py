"""Hostile backups: each is refused with its code, signed or not, and nothing of any of them reaches the disk."""

import hashlib
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.backed_up_desk import Entry, forged
from tarazu.adapters.signing import Ed25519Signer, key_of
from tarazu.app.backup.container.manifest import ENDING, header
from tarazu.app.backup.container.signing import note_of
from tarazu.app.backup.opened import MANIFEST_BYTES_MAX
from tarazu.app.backup.refusal import Code, Refused
from tarazu.app.backup.restore import came_back, restored
from tarazu.app.data.steps import steps
from tarazu.app.home import Home, Profile
from tarazu.journal.checkpoint import Checkpoint, Signature

GOOD = Entry("desk/2026-11-23.txt")
OTHER = Entry("flags/a.json")
GZIP = {"coding": "gzip"}


def named(name: str, **changes: object) -> list[Entry]:
    """One whose manifest, signed by a key we trust, says this."""
    return [GOOD, Entry(name, tar_name="home/flags/other", changes=dict(changes))]


def extra(tar_name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> list[Entry]:
    """One more member than the manifest has."""
    return [GOOD, Entry("flags/b.json", b"" if kind != tarfile.REGTYPE else b"x", tar_name, kind, link, listed=False)]


def instead(kind: bytes, link: str = "") -> list[Entry]:
    """A member of the right name, and another kind."""
    return [GOOD, Entry(OTHER.name, b"", f"home/{OTHER.name}", kind, link)]


def squeezed(content: bytes, says: int) -> Entry:
    """A gzip member whose manifest says that it has so many bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    told = {**GZIP, "packed": says, "bytes": says, "sha256": hashlib.sha256(content).hexdigest()}
    return Entry("flags/a.json", packer.compress(content) + packer.flush(), changes=told)


LONG_NAMED = Entry("desk/" + "x" * 90 + "/" + "y" * 100, tar_name="home/x", changes=GZIP)
HUGE = {"bytes": 1 << 35, "packed": 1 << 35, "stored": 1 << 35}
SWAPPED = [Entry("desk/a", tar_name="home/desk/b"), Entry("desk/b", tar_name="home/desk/a")]
OLD_KIND = [GOOD, Entry(OTHER.name, tar_name=f"home/{OTHER.name}", kind=tarfile.AREGTYPE)]
ENDLESS = Entry("feed/a", changes={"bytes": 1 << 50, "packed": 1 << 50, "stored": 1 << 50})


SIGNED: dict[str, tuple[Code, list[Entry]]] = {
    "a database that the manifest does not tell of": (Code.TABLES_DIFFER, [Entry("database.sqlite")]),
    "a verifier key that is none": (Code.BAD_VERIFIER, [Entry("keys/journal.vkey")]),
    "bytes for a verifier key of before": (Code.BAD_VERIFIER, [Entry("keys/past/x.vkey", b"\xff\xfe")]),
    "a journal's day that the manifest does not tell of": (Code.ROOT_DIFFERS, [Entry("journal/2031-01-01/000001.seg")]),
    "a way out of the home": (Code.TRAVERSAL, named("../../etc/cron.d/x")),
    "a way out in the middle": (Code.TRAVERSAL, named("desk/../../x")),
    "a dot": (Code.TRAVERSAL, named("desk/./x")),
    "an empty part": (Code.TRAVERSAL, named("desk//x")),
    "an absolute path": (Code.ABSOLUTE, named("/etc/passwd")),
    "a drive": (Code.ABSOLUTE, named("C:/x")),
    "a backslash at the front": (Code.ABSOLUTE, named("\\\\host\\x")),
    "a backslash": (Code.ODD_NAME, named("desk/..\\..\\x")),
    "a NUL": (Code.NUL, named("desk/x\0.jsonl")),
    "a line end": (Code.ODD_NAME, named("desk/x\nok")),
    "a letter that looks like another": (Code.ODD_NAME, named("desk/2026\u20112311.jsonl")),
    "a space at the end": (Code.ODD_NAME, named("desk/x ")),
    "a name too long": (Code.LONG_NAME, named("desk/" + "x/" * 120 + "x")),
    "a part too long": (Code.LONG_NAME, named("desk/" + "x" * 150)),
    "the credentials": (Code.STRANGE_PLACE, named(".env")),
    "a signing key": (Code.STRANGE_PLACE, named("keys/journal.key")),
    "a running process's word": (Code.STRANGE_PLACE, named("run/main_health.json")),
    "a hidden file": (Code.STRANGE_PLACE, named("desk/.hidden")),
    "a place of its own": (Code.STRANGE_PLACE, named("bin/tarazu")),
    "a folder's name": (Code.STRANGE_PLACE, named("journal")),
    "a name twice": (Code.DUPLICATE, [GOOD, GOOD]),
    "names that differ in case": (Code.CASE_CLASH, [Entry("desk/a"), Entry("desk/A")]),
    "a file that is a folder, too": (Code.FILE_AND_FOLDER, [Entry("desk/a"), Entry("desk/a/b")]),
    "a link out": (Code.LINK, instead(tarfile.SYMTYPE, "/etc/passwd")),
    "a hard link": (Code.LINK, instead(tarfile.LNKTYPE, "home/desk/2026-11-23.txt")),
    "a device": (Code.DEVICE, instead(tarfile.CHRTYPE)),
    "a block device": (Code.DEVICE, instead(tarfile.BLKTYPE)),
    "a pipe": (Code.DEVICE, instead(tarfile.FIFOTYPE)),
    "a folder": (Code.NOT_PLAIN, instead(tarfile.DIRTYPE)),
    "an extension of tar": (Code.NOT_PLAIN, instead(tarfile.XHDTYPE)),
    "a long name's extension": (Code.NOT_PLAIN, instead(tarfile.GNUTYPE_LONGNAME)),
    "a file that nobody signed": (Code.NOT_IN_MANIFEST, extra("home/flags/b.json")),
    "one that leads out, behind the last": (Code.TRAVERSAL, extra("home/../../x")),
    "a link behind the last": (Code.LINK, extra("home/flags/l", tarfile.SYMTYPE, "/")),
    "a file that is there again": (Code.DUPLICATE, extra(f"home/{GOOD.name}")),
    "a file that is not there": (Code.MISSING, [GOOD, Entry("flags/b.json", there=False)]),
    "files in another order": (Code.MISSING, SWAPPED),
    "another size": (Code.WRONG_SIZE, [Entry("desk/a", changes={"stored": 600, "packed": 600, "bytes": 600})]),
    "another mode of a member": (Code.BAD_HEADER, OLD_KIND),
    "another content": (Code.WRONG_HASH, [Entry("desk/a", changes={"stored_sha256": "0" * 64})]),
    "another content when unpacked": (Code.WRONG_HASH, [Entry("desk/a", changes={"sha256": "0" * 64})]),
    "what is no gzip": (Code.WRONG_HASH, [Entry("flags/a.json", b"x" * 600, changes=GZIP)]),
    "a gzip that goes on": (Code.BOMB, [squeezed(b"x" * 50_000, 40_000)]),
    "a gzip that ends early": (Code.WRONG_SIZE, [squeezed(b"x" * 30_000, 40_000)]),
    "more than a gzip can hold": (Code.BOMB, [squeezed(b"\1" * 1_000, 1 << 30)]),
    "zeros without end": (Code.BOMB, [Entry("feed/a", changes={"bytes": 1 << 38})]),
    "a file larger than any": (Code.TOO_LARGE, [ENDLESS]),
    "a size that no header has": (Code.LONG_NAME, [Entry("feed/a", tar_name="home/x", changes=HUGE)]),
    "a name that no header has": (Code.LONG_NAME, [LONG_NAMED]),
    "sizes beyond counting": (Code.TOO_LARGE, [Entry("feed/a", tar_name="home/x", changes={"stored": 1 << 80})]),
    "less than no bytes": (Code.BAD_MANIFEST, [Entry("feed/a", changes={"packed": -1})]),
}  # fmt: skip


@pytest.mark.parametrize("what", SIGNED)
def test_what_a_trusted_key_has_signed_is_refused_all_the_same(
    what: str, tmp_path: Path, signer: Ed25519Signer
) -> None:
    code, entries = SIGNED[what]
    assert refused(forged(tmp_path / "x.tar", signer, entries), signer, tmp_path).code is code


Forge = Callable[[Path, Ed25519Signer], Path]


def altered(change: Callable[[bytes], bytes]) -> Forge:
    """A good one, and then its bytes changed."""

    def forge(path: Path, signer: Ed25519Signer) -> Path:
        path.write_bytes(change(forged(path, signer, [GOOD, OTHER]).read_bytes()))
        return path

    return forge


def stranger(path: Path, signer: Ed25519Signer) -> Path:
    other = key_of(path.parent / "stranger", "tarazu.local/sim")
    return forged(path, other, [GOOD])


def claimed(raw: bytes, signer: Ed25519Signer) -> bytes:
    """All of it right, and the signature itself of nobody."""
    point = Checkpoint(f"{signer.name}/backup", len(raw), hashlib.sha256(raw).digest())
    return msgspec.structs.replace(point, signatures=(Signature(signer.name, signer.key_id, bytes(64)),)).note


def of_checkpoint(raw: bytes, signer: Ed25519Signer) -> bytes:
    """A checkpoint of the journal, which the same key has signed."""
    return Checkpoint("tarazu.local/sim/2026-11-23", len(raw), b"\1" * 32).signed(signer).note


def noted(note: Callable[[bytes, Ed25519Signer], bytes]) -> Forge:
    """With this for a signature."""
    return lambda path, signer: forged(path, signer, [GOOD], note=lambda raw: note(raw, signer))


def of_manifest(**changes: object) -> Forge:
    return lambda path, signer: forged(path, signer, [GOOD], **changes)


def told_otherwise(change: Callable[[bytes], bytes]) -> Forge:
    return lambda path, signer: forged(path, signer, [GOOD], manifest=change)


def with_a_word(raw: bytes) -> bytes:
    return raw.replace(b'"tarazu":', b'"run": "rm -rf", "tarazu":')


def nested(raw: bytes) -> bytes:
    return b'{"schema":"tarazu.backup/1","x":' + b"[" * 100_000


LONG = header("MANIFEST.json", MANIFEST_BYTES_MAX + 1)
A_DAY = {"day": "2026-11-23", "entries": 1, "root": "", "head": ""}

UNSIGNED: dict[str, tuple[Code, Forge]] = {
    "nothing at all": (Code.NOT_A_BACKUP, altered(lambda raw: b"")),
    "another kind of file": (Code.NOT_A_BACKUP, altered(lambda raw: b"PK\3\4" + raw)),
    "a tar of somebody": (Code.NOT_A_BACKUP, altered(lambda raw: raw[1_024:])),
    "no signature": (Code.UNSIGNED, noted(lambda raw, signer: b"")),
    "a signature of a stranger": (Code.UNKNOWN_KEY, stranger),
    "a manifest changed afterwards": (Code.BAD_SIGNATURE, altered(lambda raw: raw.replace(b"mallory", b"nobody1", 1))),
    "a signature changed": (Code.BAD_SIGNATURE, noted(lambda raw, signer: note_of(raw + b" ", signer))),
    "a signature that nobody has made": (Code.BAD_SIGNATURE, noted(claimed)),
    "a signature over a checkpoint": (Code.BAD_SIGNATURE, noted(of_checkpoint)),
    "words where the signature is": (Code.UNSIGNED, noted(lambda raw, signer: b"trust me\n")),
    "cut off within a file": (Code.TRUNCATED, altered(lambda raw: raw[:-1_600])),
    "cut off before the end": (Code.TRUNCATED, altered(lambda raw: raw[:-512])),
    "cut off within the manifest": (Code.TRUNCATED, altered(lambda raw: raw[:700])),
    "something behind the end": (Code.TRAILING, altered(lambda raw: raw + b"more")),
    "something between two files": (Code.BAD_HEADER, altered(lambda raw: raw.replace(b"hello\n\0", b"hello\nX", 1))),
    "a manifest without end": (Code.NOT_A_BACKUP, altered(lambda raw: LONG + raw[512:])),
    "a later format": (Code.OTHER_SCHEMA, of_manifest(schema="tarazu.backup/2")),
    "no JSON": (Code.BAD_MANIFEST, told_otherwise(lambda raw: b"{")),
    "a word that no manifest has": (Code.BAD_MANIFEST, told_otherwise(with_a_word)),
    "JSON nested without end": (Code.BAD_MANIFEST, told_otherwise(nested)),
    "a journal that is not in it": (Code.ROOT_DIFFERS, of_manifest(journal=(A_DAY,))),
    "a day that there is none of": (Code.BAD_MANIFEST, of_manifest(journal=({**A_DAY, "day": "2026-11-31"},))),
    "a moment that there is none of": (Code.BAD_MANIFEST, of_manifest(made_ns=1 << 70)),
    "tables that are not in it": (Code.TABLES_DIFFER, of_manifest(tables={"orders": {"rows": 1, "sha256": ""}})),
    "a record that is not in it": (Code.RECORD_DIFFERS, of_manifest(record={"entries": 3, "head": "0" * 64})),
    "another profile's": (Code.OTHER_PROFILE, of_manifest(profile="live")),
}  # fmt: skip


@pytest.mark.parametrize("what", UNSIGNED)
def test_what_is_not_whole_or_not_ours_is_refused(what: str, tmp_path: Path, signer: Ed25519Signer) -> None:
    code, forge = UNSIGNED[what]
    assert refused(forge(tmp_path / "x.tar", signer), signer, tmp_path).code is code


def test_the_forgers_hand_is_steady_what_is_not_hostile_comes_back(tmp_path: Path, signer: Ed25519Signer) -> None:
    path = forged(tmp_path / "x.tar", signer, [GOOD, squeezed(b"y" * 9_000, 9_000)])
    assert not isinstance(came_back(path, tmp_path / "back", (signer.verifier(),), steps()), Refused)
    assert (tmp_path / "back" / "flags" / "a.json").read_bytes() == b"y" * 9_000


def test_there_are_thirty_and_more_and_they_come_to_different_codes() -> None:
    assert len(SIGNED) + len(UNSIGNED) >= 60
    assert len({code for code, _ in (*SIGNED.values(), *UNSIGNED.values())}) >= 25


def test_without_a_key_nothing_is_opened_and_without_a_file_nothing_is_said(
    tmp_path: Path, signer: Ed25519Signer
) -> None:
    path = forged(tmp_path / "x.tar", signer, [GOOD])
    assert of(came_back(path, tmp_path / "a", (), steps())) is Code.NO_KEY
    assert of(came_back(tmp_path, tmp_path / "a", (signer.verifier(),), steps())) is Code.NOT_A_FILE
    assert of(came_back(tmp_path / "none", tmp_path / "a", (signer.verifier(),), steps())) is Code.NOT_A_FILE
    assert not (tmp_path / "a").exists()


def test_a_flipped_bit_anywhere_is_seen(tmp_path: Path, signer: Ed25519Signer) -> None:
    """Of headers, signature, manifest, contents and the room between them, a bit of every 37th byte."""
    raw = forged(tmp_path / "good.tar", signer, [GOOD, squeezed(b"y" * 9_000, 9_000)]).read_bytes()
    assert raw.endswith(ENDING)
    for n, at in enumerate(range(0, len(raw), 37)):
        changed = bytearray(raw)
        changed[at] ^= 1 << n % 8
        path = tmp_path / f"{n}.tar"
        path.write_bytes(changed)
        assert isinstance(came_back(path, tmp_path / f"back{n}", (signer.verifier(),), steps()), Refused), at


def refused(path: Path, signer: Ed25519Signer, root: Path) -> Refused:
    """Restored on a machine that trusts the key; it leaves nothing but a refusal."""
    machine = root / "machine"
    machine.mkdir()
    home = Home(Profile.SIM, machine / "sim")
    found = restored(path, home, (signer.verifier(),), who="asha", now_ns=1, steps=steps())
    assert isinstance(found, Refused), found
    assert not list(machine.iterdir())
    assert found.detail
    return found


def of(found: object) -> Code:
    assert isinstance(found, Refused), found
    return found.code
