"""What the documents tell of a desk that trades, typed there: first looks, then what writes, halts and stops."""

from collections.abc import Iterator

import pytest

from harness.documents.desks import TradingDesk
from harness.documents.places import left
from harness.documents.programmes import Programme, at, programmes
from harness.documents.reading import readable
from harness.documents.running import run
from harness.documents.tables import Place

HERE = at(Place.DESK, programmes(readable()))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingDesk]:
    place = TradingDesk(tmp_path_factory.mktemp("desk") / "a desk")
    with left(place):
        place.furnish()
        yield place


@pytest.mark.parametrize("programme", HERE, ids=lambda programme: programme.name)
def test_what_is_pasted_works(programme: Programme, desk: TradingDesk) -> None:
    desk.made_ready()
    run(programme, desk)
