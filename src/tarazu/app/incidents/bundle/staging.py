"""What goes into a bundle, gathered in a folder: text without credentials, and a list of what could not be had."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from tarazu.app.redaction import Redactor


class Missing(msgspec.Struct, frozen=True):
    part: str
    why: str


class FileTold(msgspec.Struct, frozen=True, kw_only=True):
    """One file, as the manifest names it."""

    name: str
    bytes: int
    sha256: str


class Staging:
    """A fresh folder of mode 0700 that is thrown away once the bundle is packed."""

    def __init__(self, folder: Path, redactor: Redactor) -> None:
        self.folder, self.redactor = folder, redactor
        self.missing: list[Missing] = []
        self.redacted: dict[str, int] = {}
        """Values replaced, by the name of the secret or of its shape."""

    def part(self, name: str, make: Callable[[], None]) -> None:
        """A part that cannot be had is listed; the others are made all the same."""
        try:
            make()
        except Exception as failed:  # noqa: BLE001 - a damaged file can break any reader, and the others are needed now
            self.lack(name, f"{type(failed).__name__}: {failed}")

    def lack(self, part: str, why: str) -> None:
        self.missing.append(Missing(part, self.redactor.redact(" ".join(why.split()))[:400]))

    def text(self, name: str, text: str) -> None:
        """A file of text; credentials in it are replaced and counted."""
        told = self.redactor.told(text)
        for what, times in told.counts.items():
            self.redacted[what] = self.redacted.get(what, 0) + times
        path = self.path(name)
        path.write_text(told.text)

    def json(self, name: str, value: Any) -> None:
        self.text(name, msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n")

    def lines(self, name: str, values: Iterable[Any]) -> int:
        """A JSON object a line; how many."""
        lines = [msgspec.json.encode(value).decode() for value in values]
        self.text(name, "".join(f"{line}\n" for line in lines))
        return len(lines)

    def path(self, name: str) -> Path:
        """Where a file of this name goes, for those that write it themselves."""
        path = self.folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def files(self) -> list[str]:
        """All there are, by name."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    def withhold_secrets(self) -> None:
        """Look for every credential we know in every byte; a file that has one stays out."""
        for name in self.files():
            path = self.folder / name
            found = self.redactor.found_in(path.read_bytes())
            if found:
                path.unlink()
                self.lack(name, f"withheld: {', '.join(found)} is in it")

    def told(self) -> list[FileTold]:
        return [file_told(self.folder / name, name) for name in self.files()]


def file_told(path: Path, name: str) -> FileTold:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileTold(name=name, bytes=path.stat().st_size, sha256=digest)
