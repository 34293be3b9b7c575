"""A backup that somebody ends: nobody waits for the hashes of files that are not wanted any more."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tarazu.app.backup.container import pack
from tarazu.app.backup.container.pack import Body, added
from tarazu.app.backup.container.sources import Source


def test_ctrl_c_is_heard_while_a_long_file_is_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def chunks(source: Source) -> Iterator[bytes]:
        for _ in range(600 if source.name == "long" else 1):
            yield b"x"
            time.sleep(0.01)

    def progress(done: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pack, "chunks", chunks)
    sources = [Source(name=name, path=tmp_path / name, upto=1, bytes=1) for name in ("short", "long")]
    began_s = time.monotonic()
    with Body(tmp_path / "body") as body, pytest.raises(KeyboardInterrupt):
        added(body, sources, progress, lambda source, why: None)
    assert time.monotonic() - began_s < 3.0
