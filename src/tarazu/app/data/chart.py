"""A recorded day as one HTML page that needs nothing else: prices, volume, VWAP, and how the feed was."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu import __version__
from tarazu.app.data.record import Record
from tarazu.app.data.strip import Strip, marks, stale_spans
from tarazu.model import ist
from tarazu.model.instrument import price_divisor
from tarazu.model.units import MINUTE_NS, SECOND_NS

TEMPLATE = Path(__file__).with_name("chart.html")
PLACE = "/*DATA*/null"
PANELS_MAX = 12
RATE_BUCKETS = 600
"""About so many columns of packet rates, however long the day was."""


class UnknownSymbol(ValueError):
    """Nothing of that name was recorded; the message is for the user."""


def chosen_tokens(bars: NDArray[Any], record: Record, symbols: Sequence[str]) -> list[int]:
    """Those asked for, else the underlyings of the day's selections, else the three that ticked most; no token
    without bars. Raises UnknownSymbol."""
    tokens, first = np.unique(bars["token"], return_index=True)
    recorded = set(tokens.tolist())
    if symbols:
        return [_recorded_token(s, record, recorded) for s in dict.fromkeys(symbols)][:PANELS_MAX]
    wanted = [token for key in record.underlyings if (token := record.token_of(key)) in recorded]
    if wanted or not len(bars):
        return [t for t in wanted if t is not None][:PANELS_MAX]
    most = np.argsort(-np.add.reduceat(bars["ticks"].astype(np.int64), first), kind="stable")[:3]
    return [int(t) for t in tokens[most]]


def chart(day: date, profile: str, bars: NDArray[Any], tokens: Sequence[int], record: Record, strip: Strip) -> str:
    """The page. `bars` are the day's of one minute, as `roll.bars_of` gives them."""
    seconds = max(1, (strip.last_ns - strip.first_ns) // SECOND_NS)
    bucket_s = int(max(1, -(-seconds // RATE_BUCKETS)))
    since_s, packets = strip.rates(bucket_s)
    spans = stale_spans(record.events, strip.last_ns) + strip.quiet + strip.lost
    data = {
        "day": f"{day:%A} {day.day} {day:%B} {day.year}",
        "profile": profile.upper(),
        "made": f"tarazu {__version__}",
        "midnight": ist.midnight_ns(day) // SECOND_NS,
        "from": _seconds(strip.first_ns, day),
        "to": _seconds(strip.last_ns, day),
        "rate": {"bucket": bucket_s, "from": since_s - ist.midnight_ns(day) // SECOND_NS, "packets": packets},
        "spans": [[_seconds(s.start_ns, day), _seconds(s.end_ns, day), s.lane, s.text, s.required] for s in spans],
        "marks": [[_seconds(m.ts_ns, day), m.name, m.text, m.bad] for m in marks(record.events)],
        "panels": [_panel(bars[bars["token"] == token], token, record, day) for token in tokens],
        "ticks": int(bars["ticks"].sum()),
        "instruments": len(np.unique(bars["token"])),
    }
    return TEMPLATE.read_text(encoding="utf-8").replace(PLACE, _script_safe(data))


def _panel(bars: NDArray[Any], token: int, record: Record, day: date) -> dict[str, Any]:
    """A bar that traded: [minute of the day, open, high, low, close, volume, turnover]; minutes and prices as
    differences from the bar before, so that most numbers are short."""
    traded = bars[bars["open"] > 0]
    minutes = (traded["start_ns"] - ist.midnight_ns(day)) // MINUTE_NS
    close = traded["close"].astype(np.int64)
    before = np.concatenate([[0], close[:-1]])[: len(close)]
    columns = [np.diff(minutes, prepend=0)]
    columns += [traded[name].astype(np.int64) - before for name in ("open", "high", "low", "close")]
    columns += [traded["volume"], traded["turnover"]]
    return {
        "name": record.name_of(token),
        "divisor": price_divisor(token),
        "bars": np.column_stack(columns).tolist(),
    }


def _seconds(ts_ns: int, day: date) -> float:
    """Since midnight IST of the day, to the millisecond."""
    return round((ts_ns - ist.midnight_ns(day)) / SECOND_NS, 3)


def _recorded_token(symbol: str, record: Record, recorded: set[int]) -> int:
    token = record.token_of(symbol)
    if token is None or token not in recorded:
        near = sorted(name for t, name in record.names.items() if t in recorded and symbol.upper() in name.upper())
        hint = f"did you mean {', '.join(near[:5])}?" if near else "names are those of `tarazu data bars`"
        raise UnknownSymbol(f"no ticks of {symbol!r} were recorded; {hint}")
    return token


def _script_safe(data: dict[str, Any]) -> str:
    """JSON that can stand in a script: no text in it can end the element."""
    return msgspec.json.encode(data).decode().replace("<", "\\u003c").replace("\u2028", "").replace("\u2029", "")
