"""The bundle: of any incident, with anything broken, without a credential; and whoever has it can check every byte."""

import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness import desk_stories
from harness.journalled_desk import JournalledDesk
from tarazu.app.database import database_file
from tarazu.app.database.rebuilding import rebuild
from tarazu.app.home import Home, home
from tarazu.app.incidents.store import close, incidents, open_incident
from tarazu.engine import messages as m
from tarazu.model.units import DAY_NS, MINUTE_NS, SECOND_NS
from tarazu.ops import incident_bundle as bundle_command
from tarazu.ops.incident_bundle import incident_bundle
from tarazu.ops.incident_verify import incident_verify

CANARY = "canaryK7x2Qp9Zr4Tw"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JournalledDesk]:
    """A desk with a day behind it, halted, with its incident; everything is down."""
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    with JournalledDesk(home("sim")) as desk:
        desk.ready()
        desk_stories.timeout_then_found(desk)
        desk_stories.denied(desk)
        desk.tell(m.Commanded(order=m.Order.HALT, who="asha", why=f"api_key={CANARY} is out"))
        desk.second()
        desk.journal.checkpoint()
        desk.close()
        rebuild(desk.home.journal, database_file(desk.home))
        home_ = desk.home
        home_.logs.mkdir()
        (home_.logs / "main.log").write_text(f"a line without a time and access_token={CANARY}\n")
        home_.env_file.write_text(f"KITE_ACCESS_TOKEN={CANARY}\n")
        home_.env_file.chmod(0o600)
        open_incident(home_, "SEV1", "HARD_HALT", "a person halted", who="watchdog", now_ns=desk.wall_ns)
        yield desk


def made(desk: JournalledDesk, id_: str = "", **told: Any) -> tuple[int, Path, dict[str, bytes], dict[str, Any]]:
    """Exit code, the file, what is in it, its manifest."""
    id_ = id_ or incidents(desk.home)[0].id
    verdict = incident_bundle(desk.home, id_, "asha", desk.wall_ns + MINUTE_NS, **told)
    path = Path(verdict.facts["path"])
    with tarfile.open(path) as tar:
        content = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    return verdict.exit_code, path, content, json.loads(content["MANIFEST.json"])


def missing(manifest: dict[str, Any]) -> str:
    return "; ".join(f"{one['part']}: {one['why']}" for one in manifest["missing"])


def test_all_that_there_is_comes_along_and_is_proven(desk: JournalledDesk) -> None:
    desk.home.env_file.write_text("")
    _, path, content, manifest = made(desk)
    day = desk.day.isoformat()
    assert b"timeout" in content["events.jsonl"].lower() or b"UNKNOWN" in content["events.jsonl"]
    assert content["orders.csv"].count(b"\n") >= 2 and b"ENTRY" in content["orders.csv"]
    assert len(content["denials.jsonl"].splitlines()) == 1
    assert json.loads(content["positions-before-after.json"])["after"]["risk"] == "HARD_HALT"
    assert b"<svg" in content["timeline.html"] and b"HARD_HALT" in content["timeline.html"]
    told = incident_verify(desk.home, path, desk.wall_ns)
    proven = {check.id: check.status for check in told.checks}
    assert told.exit_code == 0, told.text()
    assert proven[f"journal/slice-{day}"] == proven[f"journal/proof-{day}"] == proven[f"desk/{day}"] == "ok"
    assert proven["bundle.recorded"] == "ok"
    assert "feed" in missing(manifest), "this desk recorded no feed, and the bundle says so"


def test_no_byte_of_a_credential_is_in_it_though_somebody_wrote_it_down(desk: JournalledDesk) -> None:
    _, path, content, manifest = made(desk)
    assert CANARY.encode() not in b"".join(content.values())
    assert CANARY.encode() not in path.read_bytes()
    assert b"***" in content["logs/main.log"]
    assert sum(manifest["redacted"].values()) > 0 and manifest["scanned_for"] == 1
    assert "of 1 entries only the hash is here" in missing(manifest)
    told = incident_verify(desk.home, path, desk.wall_ns)
    assert told.exit_code == 1 and "WITHHELD" in told.text() and "CRIT" not in told.text()


def test_the_database_is_a_sound_copy_of_the_days_alone(desk: JournalledDesk, tmp_path: Path) -> None:
    with sqlite3.connect(database_file(desk.home)) as database:
        database.execute("INSERT INTO journal VALUES ('2020-01-01', 1, 1, x'00', x'00')")
    _, _, content, manifest = made(desk)
    assert "db/orders.sqlite: withheld" in missing(manifest), "a row has the credential"
    desk.home.env_file.write_text("")
    _, _, content, _ = made(desk)
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(content["db/orders.sqlite"])
    with sqlite3.connect(copy) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("SELECT day FROM journal").fetchall() == [(desk.day.isoformat(),)]


def test_an_id_that_nobody_opened_is_taken_flagged_and_harms_no_path(desk: JournalledDesk) -> None:
    code, path, _, manifest = made(desk, "../../etc/passwd")
    assert code == 1 and manifest["known"] is False
    assert path.parent == desk.home.incidents and path.name == "etc_passwd.tar.gz"
    verdict = incident_bundle(desk.home, "INC-20200101-01", "asha", desk.wall_ns)
    assert "UNKNOWN_INCIDENT" in verdict.text() and "2020-01-01 09:00:00" in verdict.text()


def ruin_journal(home: Home) -> None:
    for path in home.journal.glob("*/000001.seg"):
        path.write_bytes(b"x" * 100)


def ruin_database(home: Home) -> None:
    database_file(home).write_bytes(b"no database" * 1000)


def ruin_record(home: Home) -> None:
    for path in home.desk.glob("*.jsonl"):
        path.write_bytes(path.read_bytes() + b"garbage\n")


def ruin_secrets(home: Home) -> None:
    home.env_file.write_bytes(b"\xff\xfe no text")


def ruin_feed(home: Home) -> None:
    day = next(home.journal.glob("20*")).name
    (home.feed / day).mkdir(parents=True)
    (home.feed / day / "000001.seg").write_bytes(b"garbage" * 100)


def ruin_alerts(home: Home) -> None:
    home.alerts.mkdir(exist_ok=True)
    (home.alerts / "AL-20261123-001.0.json").write_text("garbage")


@pytest.mark.parametrize(
    ("ruin", "part"),
    [
        (ruin_journal, "journal"),
        (ruin_database, "db"),
        (ruin_record, "desk"),
        (ruin_secrets, "redaction by value"),
        (ruin_feed, "feed"),
        (ruin_alerts, "alert"),
    ],
)
def test_what_is_ruined_is_listed_and_takes_nothing_else_along(
    desk: JournalledDesk, ruin: Callable[[Home], None], part: str
) -> None:
    ruin(desk.home)
    code, path, content, manifest = made(desk)
    assert code == 1 and part in missing(manifest)
    assert {"timeline.html", "incident.json", "env/machine.json", "logs/main.log"} <= content.keys()
    assert incident_verify(desk.home, path, desk.wall_ns).exit_code in (0, 1, 2), "read through to its end"


def test_a_part_that_breaks_is_listed_with_its_error(desk: JournalledDesk) -> None:
    desk.home.settings_file.mkdir()
    code, _, content, manifest = made(desk)
    assert code == 1 and "env: IsADirectoryError" in missing(manifest)
    assert "env/tarazu.toml" not in content and "timeline.html" in content


def test_a_home_that_is_not_there_still_makes_one(tmp_path: Path) -> None:
    from tarazu.app.home import Profile

    nobody = Home(Profile.LIVE, tmp_path / "none" / "live")
    verdict = incident_bundle(nobody, "INC-20261123-01", "asha", 1_795_411_800_000_000_000, tmp_path / "b.tar.gz")
    assert verdict.exit_code == 1 and (tmp_path / "b.tar.gz").exists()


def test_where_no_file_can_be_written_there_is_none_and_no_rest_of_one(desk: JournalledDesk, tmp_path: Path) -> None:
    there = tmp_path / "there.tar.gz"
    there.write_text("precious")
    verdict = incident_bundle(desk.home, "INC-1", "asha", desk.wall_ns, there)
    assert verdict.exit_code == 2 and "NOT_WRITTEN" in verdict.text()
    assert there.read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_second_bundle_replaces_no_first_one(desk: JournalledDesk) -> None:
    first, second = made(desk)[1], made(desk)[1]
    assert first != second and first.exists()
    said = [line.text for line in incidents(desk.home)[0].timeline if line.act == "bundle"]
    assert [text.split()[0] for text in said] == [first.name, second.name]


def test_the_window_is_a_quarter_of_an_hour_around_it(desk: JournalledDesk) -> None:
    (incident,) = incidents(desk.home)
    closed_ns = incident.opened_ns + 24 * SECOND_NS
    close(desk.home, incident.id, "done", who="asha", now_ns=closed_ns)
    verdict = incident_bundle(desk.home, incident.id, "asha", closed_ns + 60 * MINUTE_NS)
    manifest = verdict.facts["manifest"]
    assert manifest.since_ns == incident.opened_ns - 15 * MINUTE_NS
    assert manifest.until_ns == closed_ns + 15 * MINUTE_NS


def test_the_command_takes_the_runbooks_words(desk: JournalledDesk) -> None:
    (incident,) = incidents(desk.home)
    ran = CliRunner().invoke(bundle_command.command, ["--incident-id", incident.id, "--json"], standalone_mode=False)
    told = json.loads(ran.output)
    assert ran.return_value == 1 and told["verdict"] == "BUNDLE" and Path(told["path"]).exists()


# Somebody else's hands.


def repacked(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with tarfile.open(path) as tar:
        content = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    change(content)
    other = path.with_name("other.tar.gz")
    with tarfile.open(other, "w:gz") as tar:
        for name, raw in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            tar.addfile(member, io.BytesIO(raw))
    return other


def without_canary(desk: JournalledDesk) -> Path:
    desk.home.env_file.write_text("")
    return made(desk)[1]


def sum_again(content: dict[str, bytes], name: str) -> None:
    """As somebody would who knows the manifest."""
    import hashlib

    manifest = json.loads(content["MANIFEST.json"])
    for one in manifest["files"]:
        if one["name"] == name:
            one |= {"bytes": len(content[name]), "sha256": hashlib.sha256(content[name]).hexdigest()}
    content["MANIFEST.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("orders.csv", b"ENTRY", b"EXIT!", "FILE_CHANGED"),
        ("timeline.html", None, None, "FILE_GONE"),
        ("strange.txt", b"", b"hello", "FILE_STRANGE"),
    ],
)
def test_a_changed_file_is_found_by_the_manifest(
    desk: JournalledDesk, name: str, old: bytes | None, new: bytes | None, code: str
) -> None:
    def change(content: dict[str, bytes]) -> None:
        if new is None or old is None:
            del content[name]
        else:
            content[name] = content.get(name, b"").replace(old, new)

    verdict = incident_verify(desk.home, repacked(without_canary(desk), change), desk.wall_ns)
    assert verdict.exit_code == 2 and code in verdict.text()


def test_an_entry_taken_out_is_found_by_the_chain_though_the_manifest_was_made_anew(desk: JournalledDesk) -> None:
    slice_, record = f"journal/slice-{desk.day}.jsonl", f"desk/{desk.day}.jsonl"

    def cut_entry(content: dict[str, bytes]) -> None:
        lines = content[slice_].splitlines(keepends=True)
        content[slice_] = b"".join(lines[:3] + lines[4:])
        sum_again(content, slice_)

    def change_record(content: dict[str, bytes]) -> None:
        content[record] = content[record].replace(b"a person halted", b"nothing to see.")
        sum_again(content, record)

    path = without_canary(desk)
    chain = incident_verify(desk.home, repacked(path, cut_entry), desk.wall_ns)
    assert chain.exit_code == 2 and "does not follow" in chain.text()
    changed = incident_verify(desk.home, repacked(made(desk)[1], change_record), desk.wall_ns)
    assert changed.exit_code == 2 and "RECORD_CHANGED" in changed.text()


def test_a_file_put_in_place_of_the_recorded_one_is_found_by_the_record(desk: JournalledDesk) -> None:
    path = without_canary(desk)

    def change(content: dict[str, bytes]) -> None:
        content["orders.csv"] = b""
        sum_again(content, "orders.csv")

    repacked(path, change).rename(path)
    verdict = incident_verify(desk.home, path, desk.wall_ns)
    assert verdict.exit_code == 2 and "NOT_AS_RECORDED" in verdict.text()


def evil(path: Path, name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for one in (name, name) if name == "twice" else (name,):
            member = tarfile.TarInfo(one)
            member.type, member.linkname = kind, link
            tar.addfile(member, io.BytesIO(b""))
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../up", tarfile.REGTYPE),
        ("/etc/cron.d/x", tarfile.REGTYPE),
        ("a/../../b", tarfile.REGTYPE),
        ("a\\b", tarfile.REGTYPE),
        ("link", tarfile.SYMTYPE),
        ("hard", tarfile.LNKTYPE),
        ("device", tarfile.CHRTYPE),
        ("pipe", tarfile.FIFOTYPE),
        ("folder", tarfile.DIRTYPE),
        ("twice", tarfile.REGTYPE),
        ("harmless", tarfile.REGTYPE),
    ],
)
def test_an_archive_that_could_do_harm_or_is_no_bundle_is_refused(tmp_path: Path, name: str, kind: bytes) -> None:
    from tarazu.app.home import Profile

    path = evil(tmp_path / "evil.tar.gz", name, kind, "/etc/passwd")
    verdict = incident_verify(Home(Profile.SIM, tmp_path / "sim"), path, 1)
    why = {"twice": "twice", "harmless": "MANIFEST.json"}.get(name, "no plain file inside it")
    assert verdict.exit_code == 3 and "BAD_BUNDLE" in verdict.text() and why in verdict.text()
    assert [one.name for one in tmp_path.iterdir()] == ["evil.tar.gz"]


@pytest.mark.parametrize("raw", [b"", b"no archive", b"\x1f\x8b\x08\x00garbage"])
def test_what_is_no_archive_is_unknown_and_not_a_crash(tmp_path: Path, raw: bytes) -> None:
    from tarazu.app.home import Profile

    path = tmp_path / "b.tar.gz"
    path.write_bytes(raw)
    assert incident_verify(Home(Profile.SIM, tmp_path / "sim"), path, 1).exit_code == 3
    assert incident_verify(Home(Profile.SIM, tmp_path / "sim"), tmp_path / "none", 1).exit_code == 3


def test_another_file_than_those_that_were_made_is_found_by_the_record_whatever_its_name(
    desk: JournalledDesk, tmp_path: Path
) -> None:
    desk.home.env_file.write_text("")
    _, path, _, _ = made(desk)
    renamed = tmp_path / "from_the_desk.tar.gz"
    renamed.write_bytes(path.read_bytes())
    assert incident_verify(desk.home, renamed, desk.wall_ns).exit_code == 0, "a name is no part of it"

    def forge(content: dict[str, bytes]) -> None:
        content["orders.csv"] = b"none\n"
        sum_again(content, "orders.csv")

    forged = repacked(path, forge).rename(tmp_path / "forged.tar.gz")
    told = incident_verify(desk.home, forged, desk.wall_ns)
    assert told.exit_code == 2 and "NOT_AS_RECORDED" in told.text()


def test_one_of_an_incident_that_is_known_here_and_has_no_bundle_is_no_success(
    desk: JournalledDesk, tmp_path: Path
) -> None:
    desk.home.env_file.write_text("")
    record = {one: one.read_bytes() for one in desk.home.desk.glob("*.jsonl")}
    _, path, _, _ = made(desk)
    for one, raw in record.items():
        one.write_bytes(raw)
    told = incident_verify(desk.home, path, desk.wall_ns)
    assert told.exit_code == 1 and "NOT_RECORDED" in told.text()
    for one in record:
        one.unlink()
    assert incident_verify(desk.home, path, desk.wall_ns).exit_code == 0, "made elsewhere: skipped, and said"


def test_a_long_incident_is_cut_at_its_first_day_and_the_bundle_says_so(desk: JournalledDesk) -> None:
    _, _, _, manifest = made(desk)
    assert "window:" not in missing(manifest)
    verdict = incident_bundle(desk.home, incidents(desk.home)[0].id, "asha", desk.wall_ns + 3 * DAY_NS)
    with tarfile.open(Path(verdict.facts["path"])) as tar:
        manifest = json.loads(tar.extractfile("MANIFEST.json").read())  # type: ignore[union-attr]
    assert "window: of an incident that goes to" in missing(manifest)


def test_what_a_bundle_that_died_has_left_is_taken_away_by_the_next(desk: JournalledDesk) -> None:
    gone, mine = (desk.home.incidents / f".bundle-{pid}-abc" for pid in (2**22 + 1, os.getpid()))
    for folder in (gone, mine):
        folder.mkdir(parents=True)
        (folder / "orders.csv").write_text("half")
    made(desk)
    assert not gone.exists() and mine.exists(), "one of a process that lives is at work"
