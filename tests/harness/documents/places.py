"""Folders as after a clone, whose home is ./var: one where nothing is yet, and one with a broker in a box beside it."""

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from harness.documents.placeholders import ALWAYS, Facts
from harness.documents.reading import ROOT
from harness.documents.shell import Answer, Said, Shell
from harness.served import serving
from tarazu.app.drills.place import sweep
from tarazu.app.home import Home, Profile
from tarazu.ops.sim_run import VARIABLES

PAPERS = Path(__file__).parent / "papers"
"""What a reader has of his own: a bot, two models, the exchange's list of freeze quantities, the desk's settings."""
DAY = "2026-11-23"


class Checkout:
    """The scripts, the examples and the runbook; no `var/`, and nothing runs."""

    environ: Mapping[str, str] = {}
    answers: tuple[Answer, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = Home(Profile.SIM, folder / "var" / "sim")
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("scripts", "examples", "requirements", "src", "pyproject.toml", "Makefile"):
            (folder / name).symlink_to(ROOT / name)
        shutil.copytree(ROOT / "runbook", folder / "runbook")
        for paper in PAPERS.iterdir():
            shutil.copy(paper, folder)

    @property
    def facts(self) -> Facts:
        return ALWAYS

    def shell(self) -> Shell:
        return Shell(self.folder, self.environ, self.answers)

    def typed(self, line: str, *exits: int) -> Said:
        """What furnishes the place has to succeed."""
        said = self.shell().type(line)
        assert said.code in (exits or (0,)), f"$ {line}\n{said.text}exit {said.code}"
        return said

    def leave(self) -> None:
        """Nothing runs on, in whatever home of the folder."""
        profiles = set(Profile)
        homes = [path.parent for path in self.folder.glob("**/run") if path.parent.name in profiles]
        for root in homes:
            sweep(Home(Profile(root.name), root))


class Broker(Checkout):
    """With a broker in a box: its addresses and keys are in the environment."""

    def __init__(self, folder: Path, hello: Mapping[str, Any]) -> None:
        super().__init__(folder)
        addresses = {name: str(hello[key]) for key, name in VARIABLES.items()}
        self.environ = {**addresses, "ADMIN": str(hello["admin_url"])}


Some = TypeVar("Some", bound=Checkout)


@contextlib.contextmanager
def left(place: Some) -> Iterator[Some]:
    try:
        yield place
    finally:
        place.leave()


@contextlib.contextmanager
def broker_place(folder: Path) -> Iterator[Broker]:
    with serving("--at", "10:40", "--day", DAY) as served, left(Broker(folder, served.hello)) as place:
        yield place
