"""What main last said of its own book: beside the broker's for comparison, and instead of it when that is silent."""

import time

import msgspec

from tarazu.app.health import BadHealth
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth, read_main_health
from tarazu.model.order import Product
from tarazu.model.units import SECOND_NS
from tarazu.orders.exposure import Place


class LocalBook(msgspec.Struct, frozen=True, kw_only=True):
    held: dict[Place, int]
    age_s: float
    """Since main said so; of a main that has ended it is that old."""
    is_current: bool


def local_book(home: Home, today: str) -> LocalBook | str:
    """Or why there is none. `today`: ISO, IST; another day's book is none."""
    health = main_of(home)
    if isinstance(health, str):
        return health
    if health.day != today:
        return f"main last ran on {health.day or 'no day'}"
    held = {(place.key, Product(place.product)): place.qty for place in health.positions}
    return LocalBook(held=held, age_s=health.age_ns() / SECOND_NS, is_current=health.is_current(time.monotonic_ns()))


def main_of(home: Home) -> MainHealth | str:
    """As its file has it, of whatever age; or why it cannot be read."""
    try:
        health = read_main_health(home.main_health)
    except (BadHealth, OSError) as bad:
        return str(bad)
    return f"main has not run in this home: there is no {home.main_health}" if health is None else health
