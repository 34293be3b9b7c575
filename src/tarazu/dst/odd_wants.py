"""What no strategy should want, and one with a bug does: an entry that is wrong in one way."""

from collections.abc import Mapping
from random import Random

from msgspec.structs import replace

from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Validity
from tarazu.strategy.wants import EntryWant, Want

ODDS = 0.1


class OddWants:
    def __init__(self, dice: Random, listed: Mapping[str, Instrument]) -> None:
        self._dice, self._listed = dice, listed

    def strikes(self) -> bool:
        return self._dice.random() < ODDS

    def of(self, want: EntryWant) -> list[Want]:
        """The entry with one thing wrong."""
        instrument, price = self._listed[want.key], want.price_paise or 0
        tick, lot = instrument.tick_size_paise, instrument.lot_size
        limit: dict[str, object] = {"order_type": OrdType.LIMIT, "validity": Validity.DAY}
        wrongs: tuple[dict[str, object], ...] = (
            {"qty": want.qty + max(lot // 2, 1)},
            {"qty": 0},
            {"qty": lot * 21},
            {**limit, "price_paise": price + max(tick // 2, 1)},
            {**limit, "price_paise": None},
            {**limit, "price_paise": price * 40 // tick * tick},
            {"order_type": OrdType.SL},
            {"validity": Validity.TTL},
            {"stop": None},
            {"key": f"{want.key}X"},
        )
        return [replace(want, **self._dice.choice(wrongs))]
