"""What is built is built and installed once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.built import Built, Installed, build, install

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    out = tmp_path_factory.mktemp("dist")
    build(ROOT, out)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    return Built(wheel, sdist)


@pytest.fixture(scope="package")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Every process that it begins is ended with it."""
    here = install(built.wheel, tmp_path_factory.mktemp("installed here"))  # a blank in it: so do people name folders
    yield here
    here.run("down")
