"""A bot of somebody else's: it buys one share at the market, and waits until it has it."""

import os
import time

from kiteconnect import KiteConnect

kite = KiteConnect(os.environ["KITE_API_KEY"], os.environ["KITE_ACCESS_TOKEN"], root=os.environ["KITE_ROOT"])
order_id = kite.place_order("regular", "NSE", "INFY", "BUY", 1, "MIS", "MARKET", market_protection=-1)
while (order := kite.order_history(order_id)[-1])["status"] not in ("COMPLETE", "REJECTED"):
    time.sleep(0.2)
print(order["status"])
