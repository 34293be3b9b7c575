"""Which source this program is: of a checkout what git says of it, of a package what was written into it when it was
built.

Imports the standard library alone: `hatch_build.py` asks it where nothing else is installed.
"""

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
SHIPPED = PACKAGE / "shipped"
"""What a package carries of the checkout that it was built from (`hatch_build.py`); in a checkout there is none."""
BUILT_FROM = "built_from.json"
CARRIED = ("src", "scripts", "runbook", "requirements", "pyproject.toml", "hatch_build.py")
"""What a package is made of: a change elsewhere in a checkout makes it no other program."""

_GIT_S = 10.0


@dataclass(frozen=True)
class Identity:
    """`str` of it is one line: `0cc9ae2f... changed`, `built from 0cc9ae2f... clean`, `unknown: not a repository`."""

    commit: str
    """40 hexadecimal digits; empty where nobody knows."""
    is_changed: bool
    """Whether what is carried differs from the commit."""
    is_built: bool = False
    """Of a package that was built, not of a checkout."""
    why: str = ""
    """Why nobody knows."""

    def __str__(self) -> str:
        if not self.commit:
            return f"unknown: {self.why}"
        return f"{'built from ' if self.is_built else ''}{self.commit} {'changed' if self.is_changed else 'clean'}"

    @property
    def short(self) -> str:
        """`0cc9ae2`, `0cc9ae2-changed`; empty where nobody knows."""
        return self.commit[:7] + ("-changed" if self.is_changed else "")


def identity(package: Path = PACKAGE) -> Identity:
    """Of the program whose package this is. Changes nothing, in a checkout not even git's index."""
    built = package / "shipped" / BUILT_FROM
    if built.exists():
        return _read(built)
    checkout = package.parents[1]
    return of_checkout(checkout) if (checkout / ".git").exists() else _unknown("not a repository")


def install_again(package: Path = PACKAGE) -> str:
    """The command that does."""
    return "pip install --force-reinstall tarazu" if (package / "shipped" / BUILT_FROM).exists() else "make setup"


def of_checkout(root: Path) -> Identity:
    """What git says of it."""
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return Identity(commit=commit, is_changed=bool(_git(root, "status", "--porcelain", "--", *CARRIED)))
    except FileNotFoundError:
        return _unknown("git is not there")
    except (OSError, subprocess.SubprocessError) as failed:
        said = getattr(failed, "stderr", "") or str(failed)
        return _unknown(said.strip().splitlines()[0])


def built_from(found: Identity) -> str:
    """The text of BUILT_FROM for a package that is built from this source."""
    return json.dumps(asdict(found) | {"is_built": True}, indent=2) + "\n"


def _read(path: Path) -> Identity:
    try:
        return Identity(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as bad:
        return _unknown(f"{BUILT_FROM}: {bad}")


def _unknown(why: str) -> Identity:
    return Identity(commit="", is_changed=False, why=why)


def _git(root: Path, *words: str) -> str:
    """Raises OSError, SubprocessError."""
    command = ["git", "-C", str(root), "--no-optional-locks", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=_GIT_S, check=True).stdout.strip()
