"""Which names a backup may hold: plain ones, of the places of a home that are backed up, and none that is another's.

Both sides go by this: what is not such a name is left out when a backup is made, and refused when one is opened, even
where the manifest is signed. Whoever signs may have been fooled.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from tarazu.app.backup.refusal import Code, Refused

FOLDERS = frozenset(
    ("alerts", "archive", "closes", "desk", "feed", "flags", "freeze", "incidents", "journal", "keys", "masters",
     "models", "paper", "runbook")
)  # fmt: skip
FILES = frozenset(("database.sqlite", "feed_breaker.json", "flatten-evidence.jsonl", "tarazu.toml"))
"""At the top of a home. What is in neither (.env, run, logs, backups) is in no backup."""
NAME_BYTES_MAX, PART_BYTES_MAX = 200, 100
"""ustar (POSIX.1-1988) takes 255 in two fields; ours are far shorter."""
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+=@,~# ")


def name_fault(name: str) -> Refused | None:
    """Why a file of this name is not taken; None: it is. Names are relative to the home, with slashes."""
    shown = f"{name[:80]!r}"
    if "\0" in name:
        return Refused(Code.NUL, f"{shown} has a NUL in it")
    if len(name.encode(errors="surrogatepass")) > NAME_BYTES_MAX:
        return Refused(Code.LONG_NAME, f"{shown} is longer than {NAME_BYTES_MAX} bytes")
    if name.startswith(("/", "\\")) or name[1:2] == ":":
        return Refused(Code.ABSOLUTE, f"{shown} is not within a home")
    parts = name.split("/")
    if ".." in parts or "." in parts or "" in parts:
        return Refused(Code.TRAVERSAL, f"{shown} leads elsewhere")
    if not all(set(part) <= _PLAIN and part.strip() == part for part in parts):
        return Refused(Code.ODD_NAME, f"{shown} has characters that no file of a home has")
    if any(len(part) > PART_BYTES_MAX for part in parts):
        return Refused(Code.LONG_NAME, f"{shown} has a part longer than {PART_BYTES_MAX} bytes")
    return _place_fault(name, parts)


def names_fault(names: Iterable[str]) -> Refused | None:
    """Of all together: each is fine by itself, and none is another's."""
    seen: dict[str, str] = {}
    for name in names:
        fault = name_fault(name)
        if fault is not None:
            return fault
        before = seen.get(name.casefold())
        if before is not None:
            code = Code.DUPLICATE if before == name else Code.CASE_CLASH
            return Refused(code, f"{before!r} and {name!r} are one file")
        seen[name.casefold()] = name
    for name in seen.values():
        folder = next((seen[up] for up in _folders(name.casefold()) if up in seen), None)
        if folder is not None:
            return Refused(Code.FILE_AND_FOLDER, f"{folder!r} is a file, and {name!r} would be in it")
    return None


def _place_fault(name: str, parts: list[str]) -> Refused | None:
    inside = parts[0] in FOLDERS if len(parts) > 1 else name in FILES
    secret = parts[0] == "keys" and not name.endswith(".vkey")
    if inside and not secret and not any(part.startswith(".") for part in parts):
        return None
    return Refused(Code.STRANGE_PLACE, f"{name!r} is no place of a home that is backed up")


def _folders(name: str) -> Iterator[str]:
    return (str(up) for up in PurePosixPath(name).parents)
