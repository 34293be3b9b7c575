"""The verifier a stranger runs, on bare Python and none of our code, says what ours says of every tampered day."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.journal_days import DAY, DAY_BEFORE, judged, key, payload_of, trust, write_day
from tarazu.journal.findings import Fault
from tarazu.runtime.journal_files import checkpoints_path, day_folder, segment_path, watermark_path

SCRIPT = Path(__file__).parents[2] / "scripts/verify_journal.py"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A day with its key, the checkpoints kept from it, a forgery of it, and the day before."""
    place = tmp_path_factory.mktemp("stranger")
    signer = key(place)
    write_day(place / "journal", signer, day=DAY_BEFORE)
    notes = write_day(place / "journal", signer)
    write_day(place / "forged", signer, payload=lambda n: payload_of(n + 1), checkpoints=())
    write_day(place / "forked", signer, payload=lambda n: payload_of(n + 1))
    (place / "kept").write_bytes(notes[0])
    return place, signer, notes


def stranger(*argv: object) -> tuple[int, str]:
    """Run it as a stranger would: isolated, without site packages."""
    ran = subprocess.run([sys.executable, "-I", "-S", SCRIPT, *map(str, argv)], capture_output=True, text=True)
    assert not ran.stderr, ran.stderr
    return ran.returncode, ran.stdout


def both(root, made, kept=False):
    """Ours, asserted to be what the stranger's says."""
    place, signer, notes = made
    report = judged(root, trust(signer, kept=(notes[0],) if kept else ()))
    argv = ["day", day_folder(root, DAY), "--key", place / "keys/journal.vkey"]
    code, text = stranger(*argv, *(["--kept", place / "kept"] if kept else []))
    word = text.split()[0]
    assert word == (report.fault or ("OK" if report.checkpoints else "UNPROVEN")), (text, report.findings)
    wanted = 1 if report.fault is Fault.TORN_TAIL else 2 if report.fault else 0 if report.checkpoints else 3
    assert code == wanted
    return report.fault


def edit(path, at, data):
    raw = bytearray(path.read_bytes())
    raw[at : at + len(data)] = data
    path.write_bytes(raw)


def cut(path, by):
    path.write_bytes(path.read_bytes()[:-by])


TAMPERED = {
    "nothing": (lambda d: None, None),
    "a flipped payload": (lambda d: edit(segment_path(d, 1), 210, b"\xff"), Fault.CORRUPT),
    "a flipped length": (lambda d: edit(segment_path(d, 2), 128, b"\x01"), Fault.CORRUPT),
    "a flipped header": (lambda d: edit(segment_path(d, 2), 20, b"\x09"), Fault.CORRUPT),
    "a flipped watermark": (lambda d: edit(watermark_path(d), 40, b"\x77"), Fault.CORRUPT),
    "a flipped checkpoint": (lambda d: edit(checkpoints_path(d), 30, b"9"), Fault.CORRUPT),
    "a torn tail": (lambda d: edit(segment_path(d, 3), 1000, b"torn"), Fault.TORN_TAIL),
    "a torn note": (lambda d: checkpoints_path(d).open("ab").write(b"tarazu.local/te"), Fault.TORN_TAIL),
    "a cut segment": (lambda d: cut(segment_path(d, 3), 1), Fault.TRUNCATED),
    "a cut watermark": (lambda d: cut(watermark_path(d), 1), Fault.TRUNCATED),
    "cut checkpoints": (lambda d: cut(checkpoints_path(d), 1), Fault.TRUNCATED),
    "a segment gone from the end": (lambda d: segment_path(d, 3).unlink(), Fault.TRUNCATED),
    "a segment gone from the middle": (lambda d: segment_path(d, 2).unlink(), Fault.CORRUPT),
    "no watermark": (lambda d: watermark_path(d).unlink(), Fault.TRUNCATED),
    "no checkpoints": (lambda d: checkpoints_path(d).unlink(), Fault.TRUNCATED),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_both_say_the_same_of(what, made, tmp_path):
    tamper, fault = TAMPERED[what]
    shutil.copytree(made[0] / "journal", tmp_path / "journal")
    tamper(day_folder(tmp_path / "journal", DAY))
    assert both(tmp_path / "journal", made) is fault


@pytest.mark.control("C33")
def test_both_say_the_same_of_a_rewrite_a_fork_and_a_swapped_day(made, tmp_path):
    place = made[0]
    assert both(place / "forged", made) is None, "without a kept checkpoint nobody can tell, and both say UNPROVEN"
    assert both(place / "forged", made, kept=True) is Fault.REWRITTEN
    assert both(place / "forked", made, kept=True) is Fault.FORK
    shutil.copytree(day_folder(place / "journal", DAY_BEFORE), day_folder(tmp_path, DAY))
    assert both(tmp_path, made) is Fault.SWAPPED_DAY


def test_flipped_bits_all_over_are_called_the_same(made, tmp_path):
    shutil.copytree(made[0] / "journal", tmp_path / "journal")
    folder = day_folder(tmp_path / "journal", DAY)
    for path in sorted(folder.iterdir()):
        for at in range(0, path.stat().st_size, 97):
            raw = path.read_bytes()
            edit(path, at, bytes([raw[at] ^ 1 << at % 8]))
            assert both(tmp_path / "journal", made) is not None
            path.write_bytes(raw)


def test_a_checkpoint_is_verified_and_a_forged_one_refused(made, tmp_path):
    place, _, notes = made
    vkey = (place / "keys/journal.vkey").read_text().strip()
    (tmp_path / "note").write_bytes(notes[1])
    assert stranger("checkpoint", tmp_path / "note", "--key", vkey)[0] == 0
    (tmp_path / "note").write_bytes(notes[1].replace(b"\n20\n", b"\n21\n"))
    assert stranger("checkpoint", tmp_path / "note", "--key", vkey)[0] == 2
    assert stranger("checkpoint", tmp_path / "note")[0] == 3
    assert stranger()[0] == 3 and stranger("day", tmp_path / "nothing")[0] == 3


def test_the_script_is_short_and_stands_alone():
    text = SCRIPT.read_text()
    assert len(text.splitlines()) <= 300 and "import tarazu" not in text and "from tarazu" not in text
    assert json
