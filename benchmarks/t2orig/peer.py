"""The official client, unmodified, in a process of its own: `python -m t2orig.peer`, an order on stdin.

Ticks come by KiteTicker, the order goes out by KiteConnect in the callback: no journal, no checks, one kept session.
"""

import json
import logging
import os
import sys
from typing import Any

from kiteconnect import KiteConnect, KiteTicker

from t2orig.orders import ABOVE_PAISE, PRICE_PAISE


def main() -> int:
    logging.disable()  # the hang-up at the end is no news
    told = json.loads(sys.stdin.readline())
    ticker = KiteTicker("peer", "t", root=f"ws://127.0.0.1:{told['port']}", reconnect=False)
    kite = KiteConnect("peer", "t", root=f"http://127.0.0.1:{told['rest']}")
    tokens, watched, above, armed = told["tokens"], told["token"], ABOVE_PAISE / 100, True
    order = {
        "variety": "regular", "exchange": "NFO", "tradingsymbol": told["symbol"], "transaction_type": "BUY",
        "quantity": told["qty"], "product": "NRML", "order_type": "LIMIT", "price": PRICE_PAISE / 100,
        "validity": "DAY", "tag": "peer",
    }  # fmt: skip

    def on_connect(ws: Any, response: Any) -> None:
        ws.subscribe(tokens)
        ws.set_mode(ws.MODE_FULL, tokens)

    def on_ticks(ws: Any, ticks: list[dict[str, Any]]) -> None:
        nonlocal armed
        for tick in ticks:
            if tick["instrument_token"] == watched:
                if armed and tick["last_price"] >= above:
                    kite.place_order(**order)
                armed = tick["last_price"] < above

    ticker.on_connect, ticker.on_ticks, ticker.on_close = on_connect, on_ticks, lambda *_: os._exit(0)
    ticker.connect()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
