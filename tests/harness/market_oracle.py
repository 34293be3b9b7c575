"""The market state again, in plain slow Python that shares no code with the kernels: what they are held against."""

import math
from typing import Any

from harness.market_rows import CARRIED

SECOND, DAY, IST = 10**9, 86_400 * 10**9, 19_800 * 10**9
WIDTHS = (SECOND, 60 * SECOND, 300 * SECOND)
BAR = ("start_ns", "volume", "open", "high", "low", "close", "oi", "ticks")
NAN = math.nan


class One:
    """One instrument."""

    def __init__(self) -> None:
        self.row: dict[str, Any] = {}
        self.recv_ns = self.changed_ns = self.book_ns = self.price_ns = self.stamp_s = self.day = 0
        self.packets = self.regressed = self.counted = self.traded = self.turnover = 0
        self.mid = self.spread = self.microprice = self.imbalance = self.vwap = self.sigma = NAN
        self.variance = self.weight = 0.0
        self.running: list[dict[str, int] | None] = [None, None, None]
        self.complete: list[dict[str, int] | None] = [None, None, None]

    def get(self, field: str) -> Any:
        return self.row.get(field, [] if field in ("bids", "asks") else 0)


class Oracle:
    def __init__(self, tokens: list[int], tau_s: float, ahead_ns: int) -> None:
        self.ones = {t: One() for t in tokens}
        self.tau_s, self.ahead_ns = tau_s, ahead_ns
        self.unknown = self.regressed = self.repeated = self.ahead = self.applied = 0

    def frame(self, recv_ns: int, packets: list[tuple[int, int, dict[str, Any]]]) -> tuple[list[int], list[Any]]:
        """Packets are (token, bytes, fields); returns tokens changed and (token, width, bar) completed."""
        changed: list[int] = []
        closed: list[Any] = []
        for token, length, fields in packets:
            if token not in self.ones:
                self.unknown += 1
            elif self._packet(self.ones[token], token, length, fields, recv_ns, closed) and token not in changed:
                changed.append(token)
        return changed, closed

    def _packet(
        self, one: One, token: int, length: int, fields: dict[str, Any], recv_ns: int, closed: list[Any]
    ) -> bool:
        carried = {name: fields.get(name, [] if name in ("bids", "asks") else 0) for name in CARRIED[length]}
        stamp = carried.get("exchange_ts", 0)
        if stamp * SECOND > recv_ns + self.ahead_ns:
            self.ahead += 1
            stamp = 0
        day = ((stamp * SECOND if stamp else max(recv_ns, one.recv_ns)) + IST) // DAY
        another_day = one.packets > 0 and day > one.day
        lower = "volume" in carried and one.counted and not another_day and carried["volume"] < one.get("volume")
        if (stamp and stamp < one.stamp_s) or lower:
            one.regressed += 1
            self.regressed += 1
            return False
        one.recv_ns = now = max(recv_ns, one.recv_ns)
        if length == 184:
            one.book_ns = now
        if one.packets and all(one.get(name) == value for name, value in carried.items()):
            self.repeated += 1
            return False
        ltp_before, base = one.get("ltp"), one.get("volume")
        if another_day or not one.packets:
            one.traded = one.turnover = one.price_ns = 0
            one.vwap = one.sigma = NAN
            one.variance = one.weight = 0.0
            one.counted, base, one.day = int(another_day and stamp > 0), 0 if another_day else base, day
        one.row |= carried
        one.packets += 1
        self.applied += 1
        one.changed_ns, one.stamp_s = now, max(one.stamp_s, stamp)
        qty = 0
        if "volume" in carried:
            qty = carried["volume"] - base if one.counted else 0
            one.counted = 1
        ltp = one.get("ltp")
        if ltp > 0 and qty > 0:
            one.traded += qty
            one.turnover += qty * ltp
            one.vwap = one.turnover / one.traded
        self._variance(one, ltp_before, ltp, now)
        if length == 184:
            self._book(one, carried["bids"], carried["asks"])
        is_print = ltp > 0 and (qty > 0 or "volume" not in carried)
        for w, width in enumerate(WIDTHS):
            self._bar(one, token, w, width, now, ltp, qty, is_print, closed)
        return True

    def _variance(self, one: One, before: int, ltp: int, now: int) -> None:
        if ltp <= 0:
            one.price_ns = 0
            return
        if one.price_ns and before > 0:
            t, r = (now - one.price_ns) / SECOND, math.log(ltp / before)
            gain = -math.expm1(-t / self.tau_s)
            one.variance = one.variance * (1 - gain) + r * r * (gain / t if t else 1 / self.tau_s)
            one.weight = one.weight + (1 - one.weight) * gain
            if one.weight > 0:
                one.sigma = math.sqrt(one.variance / one.weight * 252 * 22_500)
        one.price_ns = now

    def _book(self, one: One, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
        (bid, bid_qty), (ask, ask_qty) = (side[0] if side else (0, 0) for side in (bids, asks))
        if bid > 0 and ask >= bid and bid_qty > 0 and ask_qty > 0:
            one.mid, one.spread = (bid + ask) / 2, float(ask - bid)
            one.microprice = (bid * ask_qty + ask * bid_qty) / (bid_qty + ask_qty)
        else:
            one.mid = one.spread = one.microprice = NAN
        up, down = sum(q for _, q in bids), sum(q for _, q in asks)
        one.imbalance = (up - down) / (up + down) if up + down else NAN

    def _bar(
        self, one: One, token: int, w: int, width: int, now: int, ltp: int, qty: int, is_print: bool, closed: list[Any]
    ) -> None:
        bar, last = one.running[w], one.complete[w]
        if bar and now >= bar["start_ns"] + width:
            one.complete[w] = last = bar
            closed.append((token, w, dict(bar)))
            bar = None
        if bar is None:
            start = max(now // width * width, last["start_ns"] + width if last else 0)
            bar = one.running[w] = dict.fromkeys(BAR, 0) | {"start_ns": start}
        bar["ticks"] += 1
        bar["volume"] += qty
        bar["oi"] = one.get("oi")
        if is_print:
            if not bar["open"]:
                bar["open"] = bar["high"] = bar["low"] = ltp
            bar["high"], bar["low"], bar["close"] = max(bar["high"], ltp), min(bar["low"], ltp), ltp
