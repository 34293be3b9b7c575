"""A wheel and an sdist, and an environment that has the wheel and nothing of a checkout; made without a network."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import tarazu


@dataclass(frozen=True)
class Built:
    wheel: Path
    sdist: Path


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and an empty folder to work in."""

    python: Path
    folder: Path

    def run(self, *words: str, code: int = 0) -> str:
        """`tarazu WORDS`, as a shell finds it; what it prints. `code` is the exit code that it must have."""
        return self._ran([str(self.python.with_name("tarazu")), *words], code)

    def python_says(self, program: str) -> str:
        """What a program prints in it."""
        return self._ran([str(self.python), "-c", program], 0).strip()

    def _ran(self, command: list[str], code: int) -> str:
        """Whatever the tests themselves were told of homes and Python's paths is not told on."""
        environ = {name: text for name, text in os.environ.items() if not name.startswith(("TARAZU_", "PYTHON"))}
        environ["PATH"] = f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command, cwd=self.folder, env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def build(source: Path, out: Path, *flags: str) -> None:
    """By the build backend of this environment: nothing is fetched."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out), *flags]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def install(wheel: Path, root: Path) -> Installed:
    """Its packages are those of the Python that runs the tests."""
    venv.create(root / "venv", with_pip=False)
    python = root / "venv" / "bin" / "python"
    (site,) = (root / "venv" / "lib").glob("python*/site-packages")
    # A folder named by a .pth has its own .pth files not read: the checkout, installed editable there, stays unseen.
    (site / "packages_of_the_tests.pth").write_text(sysconfig.get_path("purelib"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, timeout=120)
    _keep_compiled(Path(tarazu.__file__).parent, site / "tarazu")
    (root / "empty").mkdir()
    return Installed(python, root / "empty")


def _keep_compiled(source: Path, installed: Path) -> None:
    """The kernels that the checkout has compiled are of the same files: a minute less. numba knows a file by its hash;
    what does not fit, it compiles."""
    for path in source.rglob("*.nb[ic]"):
        there = installed / path.relative_to(source)
        there.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, there)
