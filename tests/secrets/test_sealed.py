"""`.env.age`: the same file for a machine whose disk others may read."""

from pathlib import Path

import pyrage
import pytest

from tarazu.app.home import Home, Profile
from tarazu.app.secrets.sealed import IDENTITY, PASSPHRASE
from tarazu.app.secrets.sealing import seal
from tarazu.app.secrets.store import BadSecrets, Secret, read_secrets, sealed_file, watched_file, write_secret


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    made = Home(Profile.LIVE, tmp_path / "live")
    made.make()
    made.env_file.write_text("# mine\nKITE_API_SECRET=qwertyuiop\n")
    key = tmp_path / "age.txt"
    key.write_text(f"# created: today\n{pyrage.x25519.Identity.generate()}\n")
    monkeypatch.setenv(IDENTITY, str(key))
    monkeypatch.delenv(PASSPHRASE, raising=False)
    return made


def test_sealed_secrets_are_read_and_written_like_open_ones(home: Home) -> None:
    path = seal(home)
    assert path == sealed_file(home) == watched_file(home)
    assert not home.env_file.exists()
    write_secret(home, "KITE_ACCESS_TOKEN", "asdfghjkl")
    found = read_secrets(home)
    assert (found.get("KITE_API_SECRET"), found.get("KITE_ACCESS_TOKEN")) == (Secret("qwertyuiop"), Secret("asdfghjkl"))
    assert b"qwertyuiop" not in path.read_bytes() and path.stat().st_mode & 0o777 == 0o600
    assert seal(home) is None


def test_a_passphrase_file_will_do(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words").write_text("correct horse battery staple\n")
    monkeypatch.delenv(IDENTITY)
    monkeypatch.setenv(PASSPHRASE, str(tmp_path / "words"))
    seal(home)
    assert read_secrets(home).get("KITE_API_SECRET") == Secret("qwertyuiop")


def test_another_key_opens_nothing(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seal(home)
    other = tmp_path / "other.txt"
    other.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    monkeypatch.setenv(IDENTITY, str(other))
    with pytest.raises(BadSecrets, match="another key, or a damaged file"):
        read_secrets(home)


def test_without_a_key_it_says_what_to_set(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    seal(home)
    monkeypatch.delenv(IDENTITY)
    with pytest.raises(BadSecrets, match=f"set {IDENTITY} or {PASSPHRASE}"):
        read_secrets(home)


def test_a_key_that_is_none_is_told_and_not_quoted(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "junk").write_text("AGE-SECRET-KEY-1HUNTER2\n")
    monkeypatch.setenv(IDENTITY, str(tmp_path / "junk"))
    with pytest.raises(BadSecrets, match="is no age identity") as bad:
        seal(home)
    assert "HUNTER2" not in str(bad.value) and home.env_file.exists()


def test_an_open_and_a_sealed_file_are_two_sources_and_refused(home: Home) -> None:
    seal(home)
    home.env_file.write_text("KITE_API_SECRET=another\n")
    for refused in (lambda: read_secrets(home), lambda: write_secret(home, "A", "1"), lambda: seal(home)):
        with pytest.raises(BadSecrets, match="two sources"):
            refused()
