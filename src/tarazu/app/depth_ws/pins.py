"""What is held stays subscribed wherever the money goes: asked of the broker before the day, read of main in it."""

import logging
from pathlib import Path

import msgspec

from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.kite_rest.errors import RestError, TokenRefused
from tarazu.app.health import BadHealth, read_as
from tarazu.app.main.health import Stage
from tarazu.model.ids import InstrumentToken

log = logging.getLogger(__name__)


def held_before(rest: KiteMarketRest) -> frozenset[InstrumentToken]:
    """What the account holds now. Raises TokenRefused.

    A broker whose books do not answer before the open is no reason to be without a feed: nothing is pinned then, which
    is said, and what is within reach is pinned as soon as main knows of it.
    """
    try:
        return rest.held()
    except TokenRefused:
        raise
    except RestError as failed:
        log.warning("what is held could not be asked, and is followed as far as the settings reach: %s", failed)
        return frozenset()


class _Place(msgspec.Struct):
    key: str


class _Books(msgspec.Struct):
    """Of `app.main.health.MainHealth`, what is needed here."""

    stage: Stage | None = None
    positions: tuple[_Place, ...] = ()


def held_now(main_health: Path) -> frozenset[str] | None:
    """Keys in which main has a position, or an order that may still fill. None: it has not said, or it does not read.

    However old: a main that has died holds what it held. One that begins, recovers or ends tells no positions, or some
    of them, because it has no whole books then: it holds what it held, too.
    """
    try:
        said = read_as(_Books, main_health)
    except (BadHealth, OSError) as bad:
        log.warning("what main holds is not known now, and stays as it was: %s", bad)
        return None
    if said is None or said.stage is not Stage.RUNNING:
        return None
    return frozenset(place.key for place in said.positions)
