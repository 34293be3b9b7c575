"""The instruments file: made once for each trading day, as Kite dumps it once each morning."""

from datetime import date

from tarazu.model.instrument import Exchange
from tarazu.sim.broker.broker import Broker
from tarazu.wire.kite_instruments import encode_csv


class InstrumentsDump:
    """The day's CSV by exchange. `last_price` is yesterday's close: the file is written before the market opens."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._files: dict[Exchange | None, bytes] = {}

    def file(self, broker: Broker, exchange: Exchange | None) -> bytes:
        """The file of one exchange, or of all for None."""
        if self._day != broker.universe.day:
            self._day, self._files = broker.universe.day, {}
        if exchange not in self._files:
            closes = broker.exchange.market.rows["close"].tolist()
            rows = zip(broker.universe.instruments, closes, strict=True)
            self._files[exchange] = encode_csv(row for row in rows if exchange in (None, row[0].exchange))
        return self._files[exchange]
