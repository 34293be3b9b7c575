"""The way back: whole, proven, by a key that was kept elsewhere, over nothing; the journal goes on under a new key."""

from datetime import date
from pathlib import Path
from typing import Any

import pyrage
import pytest

from harness.backed_up_desk import backed_up, files, tried
from harness.engine_desk import BUY
from harness.journalled_desk import JournalledDesk
from tarazu.adapters.signing import BadKeyFile, key_of, verifiers_of
from tarazu.adapters.sqlite_projection.content import Database
from tarazu.app import audit
from tarazu.app.backup.container import sealed
from tarazu.app.backup.latest import latest_backup
from tarazu.app.backup.make import Made
from tarazu.app.backup.refusal import Code, Refused
from tarazu.app.backup.restore import Back, restored
from tarazu.app.data.steps import steps
from tarazu.app.database import database_file
from tarazu.app.database.checking import checks
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Status, worst
from tarazu.runtime.desk_record import DeskKind, entries, whole

DAY = date(2026, 11, 23)
NOW_NS = 1_795_410_000 * 10**9


def restore(
    made: Made | Path, root: Path, desk: JournalledDesk, environ: dict[str, str] | None = None
) -> Back | Refused:
    path = made if isinstance(made, Path) else Path(made.file.path)
    home = Home(Profile.SIM, root / "sim")
    return restored(path, home, (desk.verifier,), who="ravi", now_ns=NOW_NS, steps=steps(), environ=environ or {})


def came(found: Back | Refused) -> Back:
    assert isinstance(found, Back), found
    return found


def refused(found: object) -> Code:
    assert isinstance(found, Refused), found
    return found.code


def test_the_journal_verifies_the_tables_are_of_it_and_the_record_has_the_restore(
    desk: JournalledDesk, tmp_path: Path
) -> None:
    made = backed_up(desk.home)
    came(restore(made, tmp_path / "new", desk))
    home = Home(Profile.SIM, tmp_path / "new" / "sim")
    report = audit.judge(home, DAY, audit.trust(home, None, ()), lambda done, of: None)
    assert worst(audit.checks(report)) is Status.OK and report.checkpoints and report.signed
    assert report.root.hex() == made.manifest.journal[0].root
    with Database(database_file(home)) as database:
        assert worst(checks(home.journal, database.content())) is Status.OK
    last = list(whole(home.desk))[-1]
    assert last.kind is DeskKind.RESTORED and last.who == "ravi" and last.body["drill"] is False
    assert home.root.stat().st_mode & 0o777 == 0o700 and home.logs.is_dir()
    assert not [path for path in home.root.rglob("*") if path.stat().st_mode & 0o077], "nobody else's"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["sim"]


def test_the_day_goes_on_under_a_new_key_and_both_halves_are_judged_by_their_own(
    desk: JournalledDesk, tmp_path: Path
) -> None:
    came(restore(backed_up(desk.home), tmp_path / "new", desk))
    old, desk.home = desk.verifier.key_id, Home(Profile.SIM, tmp_path / "new" / "sim")
    home = desk.home
    desk.restarted()
    desk.want(BUY)
    desk.journal.checkpoint()
    desk.close()
    today, past = verifiers_of(home.keys)
    assert today.key_id == desk.verifier.key_id != past.key_id == old
    report = audit.judge(home, DAY, audit.trust(home, None, ()), lambda done, of: None)
    assert worst(audit.checks(report)) is Status.OK and report.checkpoints >= 2
    (home.keys / "past" / next((home.keys / "past").iterdir()).name).unlink()
    report = audit.judge(home, DAY, audit.trust(home, None, ()), lambda done, of: None)
    assert worst(audit.checks(report)) is Status.CRIT, "without the old key nobody vouches for what it signed"


def test_the_signing_key_itself_may_be_brought_back(desk: JournalledDesk, tmp_path: Path) -> None:
    came(restore(backed_up(desk.home), tmp_path / "new", desk))
    keys = tmp_path / "new" / "sim" / "keys"
    (keys / "journal.key").write_bytes((desk.home.keys / "journal.key").read_bytes())
    (keys / "journal.key").chmod(0o600)
    assert key_of(keys, "tarazu.local/sim").key_id == desk.verifier.key_id
    with pytest.raises(BadKeyFile):
        key_of(keys, "tarazu.local/live")


def test_a_backup_of_a_restored_home_restores_again(desk: JournalledDesk, tmp_path: Path) -> None:
    came(restore(backed_up(desk.home), tmp_path / "new", desk))
    desk.home = Home(Profile.SIM, tmp_path / "new" / "sim")
    desk.restarted()
    again = backed_up(desk.home)
    keys = verifiers_of(desk.home.keys)
    home = Home(Profile.SIM, tmp_path / "third" / "sim")
    found = restored(Path(again.file.path), home, keys, who="ravi", now_ns=NOW_NS, steps=steps())
    assert isinstance(found, Back) and len(list((home.keys / "past").iterdir())) == 2


def test_nothing_is_restored_over_anything(desk: JournalledDesk, tmp_path: Path) -> None:
    made = backed_up(desk.home)
    place = tmp_path / "new" / "sim"
    place.mkdir(parents=True)
    (place / "tarazu.toml").write_text("mine")
    assert refused(restore(made, tmp_path / "new", desk)) is Code.TARGET_EXISTS
    assert files(place) == {"tarazu.toml": b"mine"}
    (place / "tarazu.toml").unlink()
    came(restore(made, tmp_path / "new", desk))
    assert refused(restore(made, tmp_path / "new", desk)) is Code.TARGET_EXISTS
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "sim").symlink_to(tmp_path / "nowhere")
    assert refused(restore(made, tmp_path / "links", desk)) is Code.TARGET_EXISTS
    assert not (tmp_path / "nowhere").exists()


def test_an_encrypted_one_opens_with_its_key_alone(desk: JournalledDesk, tmp_path: Path) -> None:
    identity, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    made = backed_up(desk.home, recipient=str(identity.to_public()))
    path = Path(made.file.path)
    assert made.file.sealed and path.name.endswith(".backup.tar.age") and b"MANIFEST" not in path.read_bytes()
    assert refused(restore(made, tmp_path / "a", desk)) is Code.SEALED
    theirs = named(tmp_path, "TARAZU_AGE_IDENTITY", str(other))
    assert refused(restore(made, tmp_path / "a", desk, theirs)) is Code.SEALED
    mine = named(tmp_path, "TARAZU_AGE_IDENTITY", f"# created today\n{identity}")
    raw = bytearray(path.read_bytes())
    raw[-40] ^= 1
    (tmp_path / "flipped.age").write_bytes(raw)
    assert refused(restore(tmp_path / "flipped.age", tmp_path / "a", desk, mine)) is Code.SEALED
    (tmp_path / "cut.age").write_bytes(raw[:-200])
    assert refused(restore(tmp_path / "cut.age", tmp_path / "a", desk, mine)) is Code.SEALED
    assert list((tmp_path / "a").iterdir()) == []
    assert came(restore(made, tmp_path / "a", desk, mine)).manifest == made.manifest


def test_what_is_encrypted_for_a_disk_that_others_read_is_never_on_it_in_the_plain(
    desk: JournalledDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, seal, seen = tmp_path / "share", sealed.seal, list[str]()

    def looks(*words: Any) -> Any:
        seen.append("looked")
        seen.extend(path.name for path in there.rglob("*") if path.is_file())
        return seal(*words)

    monkeypatch.setattr(sealed, "seal", looks)
    made = backed_up(desk.home, there, recipient=str(pyrage.x25519.Identity.generate().to_public()))
    assert seen == ["looked"] and [path.name for path in there.iterdir()] == [Path(made.file.path).name]
    assert not list(desk.home.backups.iterdir()), "nor is it left at home"


def test_for_a_passphrase_as_well_and_for_nobody_at_all_it_is_not_made(desk: JournalledDesk, tmp_path: Path) -> None:
    words = named(tmp_path, "TARAZU_AGE_PASSPHRASE_FILE", "correct horse")
    made = tried(desk.home, passphrase=True, environ=words)
    assert isinstance(made, Made) and made.file.sealed
    came(restore(made, tmp_path / "a", desk, words))
    assert refused(tried(desk.home, passphrase=True)) is Code.BAD_RECIPIENT
    assert refused(tried(desk.home, recipient="age1nonsense")) is Code.BAD_RECIPIENT


def named(folder: Path, name: str, content: str) -> dict[str, str]:
    """An environment that names a file of this."""
    path = folder / f"{len(content)}.{hash(content)}"
    path.write_text(content)
    return {name: str(path)}


def test_the_record_names_the_latest_that_is_there(desk: JournalledDesk, tmp_path: Path) -> None:
    assert latest_backup(desk.home) is None
    came(restore(backed_up(desk.home), tmp_path / "new", desk))
    home = Home(Profile.SIM, tmp_path / "new" / "sim")
    standing = latest_backup(home)
    assert standing is not None and standing.there and standing.proven_ns == NOW_NS
    assert standing.age_ns(NOW_NS + 5) == 5 and standing.age_ns(NOW_NS - 5) == 0
    Path(standing.file.path).unlink()
    gone = latest_backup(home)
    assert gone is not None and not gone.there
    assert entries(home.desk, DAY)
