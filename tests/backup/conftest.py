from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.backed_up_desk import furnished
from harness.journalled_desk import JournalledDesk
from tarazu.adapters.signing import Ed25519Signer, key_of
from tarazu.app.home import Home, Profile


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[JournalledDesk]:
    """Running, with something in every place of its home."""
    with JournalledDesk(Home(Profile.SIM, tmp_path / "sim")) as desk:
        furnished(desk)
        yield desk


@pytest.fixture
def signer(tmp_path: Path) -> Ed25519Signer:
    """A key that is trusted, of whoever forges."""
    return key_of(tmp_path / "forger", "tarazu.local/sim")
