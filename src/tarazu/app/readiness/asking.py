"""The gate asked by somebody: looked at, a person's acceptance taken, the verdict written down."""

import contextlib
import os
from collections.abc import Mapping, Sequence

from tarazu.app.home import Home
from tarazu.app.readiness.acceptance import ACCEPTABLE, CARRIED, accept, difference
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
    strict: bool = False,
    accept_book: str = "",
    why: str = "",
    environ: Mapping[str, str] = os.environ,
) -> tuple[Readiness, Receipt | None]:
    """What was found, and what was written down of it: of a part nothing, and of a NOT_READY only news. A verdict that
    cannot be written down is NOT_READY. `accept_book`: the hash of the difference for which a person says, and `why`,
    that the broker's book is right; of another difference nothing is accepted. Raises gate.NoSuchRow."""
    found = _looked(home, phase, only, strict, environ)
    try:
        told = [check.detail for check in found.checks if check.code in (ACCEPTABLE, CARRIED)]
        named = [one for one in told if one.startswith(difference(accept_book, ""))]
        if accept_book and named:
            accept(home, found.now_ns, named[0], why, who=who)
            found = _looked(home, phase, only, strict, environ)
        return found, record_receipt(home, found, who=who)
    except (BadDeskRecord, OSError) as failed:
        return unrecorded(found, str(failed)), None


def _looked(
    home: Home, phase: GatePhase | None, only: Sequence[str], strict: bool, environ: Mapping[str, str]
) -> Readiness:
    """In a home whose folders are there, as a first boot makes them."""
    with contextlib.suppress(OSError):  # the rows that write tell of it
        home.make()
    return readiness(home, phase, only=only, strict=strict, environ=environ)
