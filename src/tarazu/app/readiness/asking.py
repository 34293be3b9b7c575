"""The gate asked by somebody: looked at, a person's acceptance taken, the verdict written down."""

import contextlib
import os
from collections.abc import Mapping, Sequence

from tarazu.app.home import Home
from tarazu.app.readiness.acceptance import ACCEPTABLE, accept
from tarazu.app.readiness.gate import GatePhase, Readiness, readiness
from tarazu.app.readiness.receipt import Receipt, record_receipt
from tarazu.app.readiness.told import unrecorded
from tarazu.runtime.desk_record import BadDeskRecord


def ask_gate(
    home: Home,
    phase: GatePhase | None = None,
    *,
    who: str,
    only: Sequence[str] = (),
    accept_book: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> tuple[Readiness, Receipt | None]:
    """What was found, and what was written down of it: of a part nothing, and of a NOT_READY only news. A verdict that
    cannot be written down is NOT_READY. `accept_book`: why the broker's book is right where it differs from ours.
    Raises gate.NoSuchRow."""
    found = _looked(home, phase, only, environ)
    try:
        difference = next((c.detail for c in found.checks if c.code == ACCEPTABLE), None)
        if accept_book is not None and difference is not None:
            accept(home, found.now_ns, difference, accept_book, who=who)
            found = _looked(home, phase, only, environ)
        return found, record_receipt(home, found, who=who)
    except (BadDeskRecord, OSError) as failed:
        return unrecorded(found, str(failed)), None


def _looked(home: Home, phase: GatePhase | None, only: Sequence[str], environ: Mapping[str, str]) -> Readiness:
    """In a home whose folders are there, as a first boot makes them."""
    with contextlib.suppress(OSError):  # the rows that write tell of it
        home.make()
    return readiness(home, phase, only=only, environ=environ)
