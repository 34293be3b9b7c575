"""What the documents tell of the broker in a box, run against one."""

from collections.abc import Iterator

import pytest

from harness.documents.places import Broker, broker_place
from harness.documents.programmes import Programme, at, programmes
from harness.documents.reading import readable
from harness.documents.running import run
from harness.documents.tables import Place

HERE = at(Place.BROKER, programmes(readable()))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker_place(tmp_path_factory.mktemp("broker")) as place:
        yield place


@pytest.mark.parametrize("programme", HERE, ids=lambda programme: programme.name)
def test_what_is_pasted_works(programme: Programme, broker: Broker) -> None:
    run(programme, broker)
