"""The official KiteTicker in a process of its own (its reactor starts once): each callback becomes a line of JSON."""

import json
import sys
import threading
from typing import Any

from kiteconnect import KiteTicker


def say(event: str, **what: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **what}, default=str) + "\n")
    sys.stdout.flush()


def main(ws_url: str, api_key: str, access_token: str, tokens: str, tries: str) -> None:
    groups: dict[str, list[int]] = json.loads(tokens)
    ticker = KiteTicker(api_key, access_token, root=ws_url, reconnect_max_tries=int(tries), reconnect_max_delay=5)

    def on_connect(ws: Any, response: Any) -> None:
        say("connect")
        for mode, members in groups.items():
            ws.subscribe(members)
            ws.set_mode(mode, members)

    ticker.on_connect = on_connect
    ticker.on_ticks = lambda ws, ticks: say("ticks", ticks=ticks)
    ticker.on_order_update = lambda ws, row: say("order", row=row)
    ticker.on_close = lambda ws, code, reason: say("close", code=code, reason=reason)
    ticker.on_error = lambda ws, code, reason: say("error", code=code, reason=str(reason))
    ticker.on_reconnect = lambda ws, attempts: say("reconnect", attempts=attempts)
    ticker.on_noreconnect = lambda ws: say("noreconnect")
    threading.Thread(target=lambda: (sys.stdin.read(), ticker.stop()), daemon=True).start()
    ticker.connect()


if __name__ == "__main__":
    main(*sys.argv[1:])
