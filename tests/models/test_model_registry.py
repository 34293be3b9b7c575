"""Versions: kept by their hash, signed for, never changed; and nothing that is a program is ever opened as one."""

import os
import pickle
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tarazu.adapters.signing import KEY_FILE, PAST, VERIFIER_FILE, Ed25519Signer, key_of
from tarazu.app.home import Home, Profile
from tarazu.app.models.active import BadModels, active_models
from tarazu.app.models.look import looked
from tarazu.app.models.manifest import BadManifest, Judged, Manifest, signed
from tarazu.app.models.moving.promoting import promote
from tarazu.app.models.registry import manifest_of, register, version_of
from tarazu.app.models.versions import BadVersion, manifest_file, model_file, versions
from tarazu.strategy.scored import BadModel

TEXT = b'{"schema":"tarazu.model/1","kind":"logistic","features":["gap_bps"],"weights":[0.2]}'
MANIFEST = Manifest(data={"2026-11-19": "ab" * 32}, code="0.1.0+abc", out_of_sample=Judged(net_paise=100, trades=3))
NOW_NS = 1_795_000_000 * 10**9
PICKLED: list[str] = []


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(Profile.SIM, tmp_path / "sim")
    made.make()
    return made


def kept(home: Home, text: bytes = TEXT, family: str = "xgb", manifest: Manifest = MANIFEST, **more: Any) -> str:
    return register(home, family, text, manifest, who="asha", now_ns=NOW_NS, **more)


class Canary:
    """What runs when somebody unpickles it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.file),)


def unpickling(event: str, args: tuple[Any, ...]) -> None:
    if event == "pickle.find_class":
        PICKLED.append(f"{args[0]}.{args[1]}")


sys.addaudithook(unpickling)


def test_a_version_is_found_by_its_hash_with_what_was_said_of_it_and_by_whom(home: Home) -> None:
    version = version_of(home, "xgb", kept(home))
    assert version.text == TEXT and version.manifest is not None and not version.unsigned
    told = version.manifest
    assert (told.family, told.sha256, told.who, told.made_ns) == ("xgb", version.sha256, "asha", NOW_NS)
    assert told.out_of_sample == MANIFEST.out_of_sample and told.data == MANIFEST.data


def test_the_same_bytes_are_the_same_version_and_keep_their_first_manifest(home: Home) -> None:
    first = kept(home)
    again = kept(home, manifest=Manifest(about="another story"))
    assert first == again and versions(home.models, "xgb") == [first]
    assert manifest_of(home, "xgb", first).about == ""


def test_files_are_nobody_elses_and_no_half_written_one_is_left(home: Home) -> None:
    kept(home)
    files = list((home.models / "xgb").iterdir())
    assert len(files) == 2 and all(path.stat().st_mode & 0o077 == 0 for path in files)
    assert not any(path.name.startswith(".") for path in files)


@pytest.mark.parametrize("family", ["", "..", "../xgb", "XGB", "a b", "9x", "a/b", "x" * 65])
def test_a_family_is_a_plain_word(home: Home, family: str) -> None:
    with pytest.raises(BadModel, match="names no family"):
        kept(home, family=family)


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.ubj", "model", "model.json.gz"])
def test_another_kind_of_file_is_refused_by_its_name(home: Home, name: str) -> None:
    with pytest.raises(BadModel, match=r"a model is a \.json file"):
        kept(home, name=name)


@pytest.mark.parametrize("text", [b"", b"[]", b"\x00asm", b"{L\x00\x00", b"\x1f\x8b\x08", b"{}", b'{"schema":"x"}'])
def test_what_is_no_model_is_refused_and_nothing_is_kept(home: Home, text: bytes) -> None:
    with pytest.raises(BadModel):
        kept(home, text=text)
    assert versions(home.models, "xgb") == []


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_is_named_as_a_model_never_runs(home: Home, tmp_path: Path, protocol: int) -> None:
    canary = tmp_path / "ran"
    evil = pickle.dumps(Canary(canary), protocol=protocol)
    PICKLED.clear()
    for name in ("model.json", "model.pkl"):
        with pytest.raises(BadModel):
            kept(home, text=evil, name=name)
    file = tmp_path / "evil.json"
    file.write_bytes(evil)
    told = promote(home, "xgb", "", file, ["baseline", "active", "drift", "shadow"], "trust me", dry_run=False)
    assert told.exit_code == 2 and "was not opened" in told.text()
    plant(home, evil)
    with pytest.raises(BadModels):
        active_models(home.models)
    looked(home, "xgb")
    assert not canary.exists() and not PICKLED
    pickle.loads(evil)
    assert canary.exists() and PICKLED, "it would have"


def plant(home: Home, text: bytes) -> str:
    """As somebody with access to the disk would: under its right hash, and active."""
    import hashlib

    sha256 = hashlib.sha256(text).hexdigest()
    (home.models / "xgb").mkdir(parents=True, exist_ok=True)
    model_file(home.models, "xgb", sha256).write_bytes(text)
    (home.models / "xgb" / "active").write_text(sha256)
    return sha256


def test_a_model_with_one_byte_altered_is_no_version(home: Home) -> None:
    sha256 = kept(home)
    path = model_file(home.models, "xgb", sha256)
    path.write_bytes(TEXT.replace(b"0.2", b"0.3"))
    with pytest.raises(BadVersion, match="is damaged: its hash is"):
        version_of(home, "xgb", sha256)


def test_every_altered_byte_of_a_manifest_is_noticed(home: Home) -> None:
    sha256 = kept(home)
    path = manifest_file(home.models, "xgb", sha256)
    whole = path.read_bytes()
    begin, end = whole.index(b'"manifest":') + 11, whole.index(b',"key"')
    for at in range(begin, end, 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert version_of(home, "xgb", sha256).manifest is None, whole[at - 5 : at + 5]
    path.write_bytes(whole)
    assert version_of(home, "xgb", sha256).manifest is not None


def test_a_manifest_by_another_key_or_of_another_version_is_none(home: Home, tmp_path: Path) -> None:
    sha256, other = kept(home), kept(home, text=TEXT + b" ")
    path = manifest_file(home.models, "xgb", sha256)
    stranger: Ed25519Signer = key_of(tmp_path / "keys", "tarazu.local/sim")
    whole = msgspec.structs.replace(MANIFEST, family="xgb", sha256=sha256)
    path.write_bytes(signed(whole, stranger))
    with pytest.raises(BadManifest, match="of no key of this home"):
        manifest_of(home, "xgb", sha256)
    path.write_bytes(manifest_file(home.models, "xgb", other).read_bytes())
    with pytest.raises(BadManifest, match=f"it is of xgb {other[:12]}"):
        manifest_of(home, "xgb", sha256)


def test_a_restored_home_with_a_key_of_its_own_still_believes_what_it_signed_before(home: Home) -> None:
    sha256 = kept(home)
    (home.keys / PAST).mkdir()
    (home.keys / VERIFIER_FILE).rename(home.keys / PAST / "before.vkey")
    (home.keys / KEY_FILE).unlink()
    kept(home, text=TEXT + b" ")
    assert manifest_of(home, "xgb", sha256).who == "asha"
    (home.keys / PAST / "before.vkey").unlink()
    assert "of no key of this home" in version_of(home, "xgb", sha256).unsigned


def test_an_altered_manifest_is_not_healed_by_registering_again(home: Home) -> None:
    sha256 = kept(home)
    path = manifest_file(home.models, "xgb", sha256)
    path.write_bytes(path.read_bytes().replace(b"asha", b"evil"))
    with pytest.raises(BadVersion, match="not believed"):
        kept(home)
