"""Somebody at the desk of a rehearsal who wants positions: entries with stops, resting ones, and what is denied."""

from collections.abc import Mapping, Sequence
from typing import Any

from tarazu.app.drills.admin import SimBroker
from tarazu.app.home import Home
from tarazu.app.main.telling import tell_main

INDEX = "NSE:NIFTY 50"
STEP_PAISE = 5
FUTURE_STOP_BPS, OPTION_STOP_BPS, WIDTH_BPS = 400, 2_800, 100
"""Stops that are not met in minutes, and a limit that the exchange takes."""
REST_PCT = 70
"""Of the last price: nobody sells there."""


class Denied(LookupError):
    """The gate said no; the message has the codes."""


class Trader:
    def __init__(self, home: Home, broker: SimBroker) -> None:
        self._home, self._broker = home, broker
        self.call, self.put, self.future, self.lot = chosen(broker.instruments(), broker.last_price_paise(INDEX) / 100)

    def buy(self, key: str = "") -> str:
        """One lot at the market, with a stop; the tag of its order. The future where nothing is said: it always has a
        buyer and a seller. Raises Denied, MainSilent."""
        key = key or self.future
        stop_bps = FUTURE_STOP_BPS if key == self.future else OPTION_STOP_BPS
        price = self._broker.last_price_paise(key)
        stop = {"distance_paise": price * stop_bps // 10_000, "width_paise": price * WIDTH_BPS // 10_000}
        return self._enter(key, None, stop)

    def rest(self, key: str = "") -> str:
        """To buy far below the market: it works, and does not fill. Its tag."""
        key = key or self.put
        price = self._broker.last_price_paise(key) * REST_PCT // 100 // STEP_PAISE * STEP_PAISE
        return self._enter(key, price, {"distance_paise": price // 20, "width_paise": price // 20})

    def denied(self) -> list[str]:
        """The codes with which an entry is denied now; none when it was taken: then it rests, for it asks for one that
        does not fill. Raises MainSilent."""
        try:
            self.rest()
        except Denied as no:
            return str(no).split(", ")
        return []

    def tell(self, order: str, why: str) -> dict[str, Any]:
        """A person's word: HALT, FLATTEN..."""
        return tell_main(self._home, {"order": order, "who": "drill", "why": why})

    def _enter(self, key: str, price_paise: int | None, stop: dict[str, int]) -> str:
        want = {
            "type": "EntryWant",
            "strategy": "person",
            "key": key,
            "side": "BUY",
            "qty": self.lot,
            "product": "NRML",
            "order_type": "MARKET" if price_paise is None else "LIMIT",
            "price_paise": price_paise,
            "stop": stop,
        }
        told = tell_main(self._home, {"want": want})
        if not told["accepted"]:
            raise Denied(", ".join(denial["code"] for denial in told["denials"]) or told["error"] or told["declined"])
        return str(told["refs"][0])


def chosen(master: Sequence[Mapping[str, str]], spot: float) -> tuple[str, str, str, int]:
    """The call and the put nearest to the money and the future, each of its nearest expiry; and their lot."""
    rows = [row for row in master if row["name"] == "NIFTY" and row["exchange"] == "NFO"]

    def nearest(kind: str) -> Mapping[str, str]:
        of_kind = [row for row in rows if row["instrument_type"] == kind]
        return min(of_kind, key=lambda row: (row["expiry"], abs(float(row["strike"]) - spot)))

    call, put, future = (nearest(kind) for kind in ("CE", "PE", "FUT"))
    keys = tuple(f"NFO:{row['tradingsymbol']}" for row in (call, put, future))
    return keys[0], keys[1], keys[2], int(call["lot_size"])
