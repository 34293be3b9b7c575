"""The one source of credentials: 0600, replaced whole, nothing of it quoted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tarazu.app.home import Home, Profile
from tarazu.app.redaction import redact
from tarazu.app.secrets.store import ALERT_URLS, BadSecrets, Name, Secret, read_secrets, write_secret, write_secrets


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Profile.LIVE, tmp_path / "live")


def test_where_there_is_no_file_there_are_no_secrets(home: Home) -> None:
    assert read_secrets(home).names == ()
    assert not home.root.exists(), "reading makes nothing"


def test_what_is_written_is_read_and_nobody_else_can(home: Home) -> None:
    write_secrets(home, {Name.KITE_ACCESS_TOKEN: "t'ok en\\1", ALERT_URLS: "json://a/b tgram://1:abc/2"})
    found = read_secrets(home)
    assert found.get(Name.KITE_ACCESS_TOKEN) == Secret("t'ok en\\1")
    assert [url.reveal() for url in found.words(ALERT_URLS)] == ["json://a/b", "tgram://1:abc/2"]
    assert home.env_file.stat().st_mode & 0o777 == 0o600
    assert home.root.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_could_read_is_theirs_no_more_once_it_is_written(home: Home) -> None:
    home.make()
    home.env_file.write_text("# mine\nA=1\n")
    home.env_file.chmod(0o644)
    write_secret(home, "A", "2")
    assert home.env_file.stat().st_mode & 0o777 == 0o600
    assert home.env_file.read_text() == "# mine\nA=2\n"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_secret(home, "A", "first")

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_secret(home, "A", "second")
    assert home.env_file.read_text() == "A=first\n"
    assert sorted(p.name for p in home.root.iterdir()) == [".env", ".env.lock"]


def test_a_link_to_the_file_stays_a_link(home: Home, tmp_path: Path) -> None:
    home.make()
    (tmp_path / "kept").write_text("A=1\n")
    home.env_file.symlink_to(tmp_path / "kept")
    write_secret(home, "A", "2")
    assert home.env_file.is_symlink()
    assert (tmp_path / "kept").read_text() == "A=2\n"


def test_of_many_writers_none_loses_what_another_wrote(home: Home) -> None:
    code = (
        "import sys; from pathlib import Path; from tarazu.app.home import Home, Profile\n"
        "from tarazu.app.secrets.store import write_secret\n"
        "home = Home(Profile.LIVE, Path(sys.argv[1]))\n"
        "for i in range(15): write_secret(home, f'N{sys.argv[2]}_{i}', 'x' * 40)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(home.root), str(n)]) for n in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(read_secrets(home).names) == 45


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"\xff\xfehunter2", "UTF-8"), (b"A='hunter2\n", "line 1"), (b"x" * (2 << 20), "larger than")],
)
def test_a_file_that_does_not_read_is_told_and_not_quoted(home: Home, content: bytes, told: str) -> None:
    home.make()
    home.env_file.write_bytes(content)
    with pytest.raises(BadSecrets, match=told) as bad:
        read_secrets(home)
    assert "hunter2" not in str(bad.value) and bad.value.__cause__ is None
    with pytest.raises(BadSecrets):
        write_secret(home, "B", "1")
    assert home.env_file.read_bytes() == content, "what cannot be read is not written over"


def test_what_was_read_is_concealed_from_then_on(home: Home) -> None:
    home.make()
    home.env_file.write_text("KITE_API_SECRET=rtyfgh7788vb\n")
    assert "rtyfgh7788vb" in redact("said rtyfgh7788vb")
    read_secrets(home)
    assert redact("said rtyfgh7788vb") == "said ***"
    write_secret(home, "KITE_ACCESS_TOKEN", "zxcvbnm12345")
    assert redact("said zxcvbnm12345") == "said ***"
