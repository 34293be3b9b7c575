"""tarazu audit verify, prove and show, on journals made by the real writer."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from harness.engine_desk import BUY
from harness.journal_days import DAY, DAY_BEFORE, key, write_day
from harness.journalled_desk import JournalledDesk
from tarazu.app import audit
from tarazu.app.home import home
from tarazu.ops import audit_prove, audit_show, audit_verify
from tarazu.runtime.journal_files import checkpoints_path, day_folder, segment_path
from tarazu.runtime.shell import EngineFailed

SCRIPT = Path(__file__).parents[2] / "scripts/verify_journal.py"
NAME = "tarazu.local/sim"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    return home("sim")


@pytest.fixture
def recorded(desk):
    """Two days of journal under the profile's own key."""
    desk.root.mkdir()
    signer = key(desk.root, NAME)
    for day in (DAY_BEFORE, DAY):
        write_day(desk.journal, signer, day=day, name=NAME, payload=lambda n: b"order %d" % n)
    return desk


def run(verb, *argv):
    """Exit code and what was printed; of --json the object."""
    ran = CliRunner().invoke(verb.command, [*map(str, argv)], standalone_mode=False)
    if ran.exception:
        raise ran.exception
    return ran.return_value, json.loads(ran.output) if "--json" in argv else ran.output


def test_without_a_journal_everything_is_unknown(desk):
    for argv in ((audit_verify,), (audit_show,), (audit_prove, 1)):
        code, told = run(*argv, "--json")
        assert code == 3 and told["verdict"] == "UNKNOWN" and "no journal" in told["summary"]


def test_a_day_that_is_what_was_written_is_ok(recorded):
    code, told = run(audit_verify, "--json")
    assert code == 0 and told["verdict"] == "OK" and told["schema"] == "tarazu.audit.verify/1"
    assert [(d["day"], d["entries"], d["covered"]) for d in told["days"]] == [(str(DAY), 20, 20)]
    code, text = run(audit_verify)
    assert text.startswith("OK  SIM  20 entries of 2026-11-23, 20 under checkpoints") and text.endswith("exit 0\n")


def test_all_days_are_verified_and_that_each_follows_the_one_before(recorded):
    code, told = run(audit_verify, "--all", "--json")
    assert code == 0 and [d["day"] for d in told["days"]] == [str(DAY_BEFORE), str(DAY)]
    root = recorded.journal
    write_day(root / "other", key(recorded.root, NAME), day=DAY, name=NAME)  # the same desk, another past
    day_folder(root, DAY).rename(root / "gone")
    day_folder(root / "other", DAY).rename(day_folder(root, DAY))
    code, told = run(audit_verify, "--all", "--json")
    assert code == 2 and told["verdict"] == "REWRITTEN"


def test_damage_is_named_located_and_critical(recorded):
    path = segment_path(day_folder(recorded.journal, DAY), 1)
    raw = bytearray(path.read_bytes())
    raw[230] ^= 1
    path.write_bytes(raw)
    code, told = run(audit_verify, "--json")
    assert code == 2 and told["verdict"] == "CORRUPT"
    assert told["checks"][0]["code"] == "CORRUPT" and "segment 1 offset" in told["checks"][0]["detail"]
    assert run(audit_prove, 3)[0] == 2, "nothing is proven from a damaged day"


def test_without_a_checkpoint_or_a_key_nothing_vouches_for_a_day(recorded):
    (audit.key_folder(recorded) / "journal.vkey").unlink()
    code, told = run(audit_verify, "--json")
    assert code == 1 and told["checks"][-1]["code"] == "NO_KEY"


def test_a_checkpoint_kept_elsewhere_tells_of_a_rewrite(recorded, tmp_path):
    root = recorded.journal
    first = checkpoints_path(day_folder(root, DAY)).read_bytes().split(b"\n\n")
    (tmp_path / "kept").write_bytes(b"\n\n".join(first[:2]) + b"\n")
    write_day(root / "forged", key(recorded.root, NAME), day=DAY, name=NAME)
    day_folder(root, DAY).rename(root / "gone")
    day_folder(root / "forged", DAY).rename(day_folder(root, DAY))
    assert run(audit_verify, "--json")[0] == 0
    code, told = run(audit_verify, "--kept", tmp_path / "kept", "--json")
    assert code == 2 and told["verdict"] == "FORK"


def test_a_proof_is_verified_by_a_stranger_and_an_altered_one_is_not(recorded, tmp_path):
    code, told = run(audit_prove, 5, "--out", tmp_path / "proof", "--json")
    assert code == 0 and told["verdict"] == "PROVEN" and told["proof"]["sequence"] == 5
    vkey = audit.key_folder(recorded) / "journal.vkey"
    argv = [sys.executable, "-I", "-S", str(SCRIPT), "proof", str(tmp_path / "proof"), "--key", str(vkey)]
    ran = subprocess.run(argv, capture_output=True, text=True)
    assert ran.returncode == 0 and "order 5" in ran.stdout
    for field, other in (("leaf", run(audit_prove, 6, "--json")[1]["proof"]["leaf"]), ("sequence", 6)):
        (tmp_path / "proof").write_text(json.dumps(told["proof"] | {field: other}))
        assert subprocess.run(argv, capture_output=True).returncode == 2
    assert run(audit_prove, 21)[0] == 3


def test_entries_are_shown_by_sequence_kind_and_number(recorded):
    code, told = run(audit_show, "--from", 4, "--to", 6, "--json")
    assert code == 0 and [e["sequence"] for e in told["entries"]] == [4, 5, 6]
    _, text = run(audit_show, "--last", 2)
    assert "order 19" in text and "order 20" in text and "order 18" not in text
    assert run(audit_show, "--kind", 99, "--json")[1]["entries"] == []
    assert run(audit_show, "--date", DAY_BEFORE, "--json")[1]["summary"] == f"20 entries of {DAY_BEFORE}"


def test_what_is_no_message_of_the_engine_is_shown_as_it_is(recorded):
    """Kind 3 is the engine's `Stopping`; these bytes are none."""
    code, told = run(audit_show, "--kind", "stopping", "--last", 1, "--decode", "--json")
    assert code == 0 and told["entries"][0]["name"] == "Stopping"
    assert told["entries"][0]["preview"] == "order 20" and "payload" not in told["entries"][0]
    assert "kind 3" in told["entries"][0]["unreadable"]
    assert [e["sequence"] for e in run(audit_show, "--grep", "order 1", "--json")[1]["entries"]] == [1, *range(10, 20)]


@pytest.fixture
def traded(desk):
    """A journal of the engine's: one order, bought and filled."""
    with JournalledDesk(desk) as day:
        day.ready()
        day.want(BUY)
        day.placed("1700")
        day.filled("1700")
    return desk


def test_kinds_have_names_and_what_is_in_an_entry_can_be_read(traded):
    code, told = run(audit_show, "--kind", "Wanted", "--decode", "--json")
    (entry,) = told["entries"]
    assert code == 0 and (entry["name"], entry["message"]["want"]["type"]) == ("Wanted", "EntryWant")
    assert [act["type"] for act in entry["acts"]] == ["Intend"]
    assert [said["type"] for said in entry["outputs"]] == ["Moved", "SendOrder"]
    _, text = run(audit_show, "--kind", "wanted", "--decode")
    head, message, act, *outputs = text.splitlines()[1:-1]
    assert " Wanted        FORCE  epoch 1 " in head and 'message   {"type":"Wanted"' in message
    assert 'act       {"type":"Intend"' in act and [line.split()[0] for line in outputs] == ["output", "output"]
    with pytest.raises(click.BadParameter, match="no kind 'Order'; there are: Started, Ticked"):
        run(audit_show, "--kind", "Order")


def test_entries_are_found_by_what_is_in_them(traded):
    tag = run(audit_show, "--kind", "Wanted", "--decode", "--json")[1]["entries"][0]["acts"][0]["intent"]["order"][
        "tag"
    ]
    names = [e["name"] for e in run(audit_show, "--grep", tag, "--json")[1]["entries"]]
    assert names[:3] == ["Wanted", "Answered", "OrderHeard"]
    assert run(audit_show, "--grep", '"qty":75', "--json")[1]["entries"] == [], "no such bytes"
    found = run(audit_show, "--grep", '"qty":75', "--decode", "--json")[1]["entries"]
    assert found and all(e["name"] in ("Wanted", "OrderHeard", "TradesRead") for e in found)


def test_a_failure_of_the_engine_is_shown_as_one(desk):
    with JournalledDesk(desk) as day:
        day.ready()
        with pytest.raises(EngineFailed):
            day.answer("no such order")
    (entry,) = run(audit_show, "--kind", "failed", "--decode", "--json")[1]["entries"]
    assert entry["message"]["type"] == "Answered" and entry["error"].startswith("AssertionError")


def test_showing_and_verifying_a_short_day_loads_no_numpy(recorded, tmp_path):
    script = (
        "import sys; from tarazu.ops import audit_show, audit_verify\n"
        "audit_show.command([], standalone_mode=False); audit_verify.command([], standalone_mode=False)\n"
        "assert not {'numpy', 'numba'} & sys.modules.keys(), 'too heavy a start'\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
