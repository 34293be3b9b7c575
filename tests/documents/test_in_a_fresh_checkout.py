"""What the documents tell somebody who begins: each document from a folder of its own in which nothing is yet."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from harness.documents.places import Checkout, left
from harness.documents.programmes import Programme, at, programmes
from harness.documents.reading import readable
from harness.documents.running import run
from harness.documents.tables import Place

HERE = at(Place.CHECKOUT, programmes(readable()))


@pytest.fixture(scope="module")
def checkout_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Checkout]]:
    """One of a document's own; ended when the next document begins."""
    with contextlib.ExitStack() as stack:
        made = dict[str, Checkout]()

        def of(document: str) -> Checkout:
            if document not in made:
                stack.close()
                folder = tmp_path_factory.mktemp(document.replace("/", "-")) / "a checkout"
                made[document] = stack.enter_context(left(Checkout(folder)))  # type: ignore[assignment]
            return made[document]

        yield of


@pytest.mark.parametrize("programme", HERE, ids=lambda programme: programme.name)
def test_what_is_pasted_works(programme: Programme, checkout_of: Callable[[str], Checkout]) -> None:
    run(programme, checkout_of(programme.block.document))
