"""A command of the document as it is run here: its script, of the checkout or of what an installed package carries, by
the Python that runs us."""

import ast
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tarazu.app.home import Home
from tarazu.app.identity import SHIPPED

_BESIDE_US = Path(__file__).resolve().parents[5]
_MARK = Path("scripts") / "_tarazu.py"


class NoCheckout(LookupError):
    """The runbook's scripts are not at hand; the message says what to do."""


class NoScript(LookupError):
    """The command names a script that is not there, or is no shim onto a verb."""


def checkout(start: Path | None = None) -> Path:
    """The folder with `scripts/`: the working directory or one above it, else the checkout that this code is in, else
    what the installed package carries. Raises NoCheckout."""
    here = start or Path.cwd()
    for folder in (here, *here.parents, _BESIDE_US, SHIPPED):
        if (folder / _MARK).exists():
            return folder
    raise NoCheckout(
        "the runbook's scripts are neither in a checkout here nor in this installation: install tarazu again"
    )


def argv(command: str, folder: Path) -> list[str]:
    """What is executed. Raises NoScript."""
    program, script, *flags = shlex.split(command)
    path = folder / script
    if not path.is_file():
        raise NoScript(f"there is no {script}")
    if program == "python":
        return [sys.executable, str(path), *flags]
    shell = shutil.which("bash") if program == "bash" else None
    if shell is None:
        raise NoScript(f"{program!r} cannot be run here")
    return [shell, str(path), *flags]


def environment(home: Home, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Every command of a run is about the run's home, wherever it is run; a `.sh` finds our Python first."""
    bins = str(Path(sys.executable).parent)
    return {
        **environ,
        "TARAZU_HOME": str(home.root.parent),
        "TARAZU_PROFILE": str(home.profile),
        "PATH": f"{bins}{os.pathsep}{environ.get('PATH', os.defpath)}",
    }


def verb(command: str, folder: Path) -> list[str]:
    """The words behind `tarazu` that a command comes to: `["up", "depth_ws"]`. Raises NoScript.

    A `.py` shim says them in its one `run(...)`; a `.sh` one is an `exec` of such a shim, or of `tarazu` itself.
    """
    _, script, *flags = shlex.split(command)
    path = folder / script
    try:
        text = path.read_text()
    except OSError as none:
        raise NoScript(f"there is no {script}") from none
    words = _python_words(text) if path.suffix == ".py" else _shell_words(text, folder)
    if not words:
        raise NoScript(f"{script} is no shim onto a verb of tarazu")
    return [*words, *flags]


def _python_words(text: str) -> list[str]:
    for node in ast.parse(text).body:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "run":
            return [word.value for word in call.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    return []


def _shell_words(text: str, folder: Path) -> list[str]:
    line = next((line for line in text.splitlines() if line.startswith("exec ")), "")
    words = [word for word in shlex.split(line)[1:] if word != "$@"]
    for number, word in enumerate(words):
        if Path(word).name == "tarazu":
            return words[number + 1 :]
        if word.endswith(".py"):
            shim = folder / "scripts" / Path(word).name
            return [*_python_words(shim.read_text()), *words[number + 1 :]] if shim.is_file() else []
    return []
