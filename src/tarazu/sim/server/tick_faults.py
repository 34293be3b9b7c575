"""What the tick faults do to the rows of one frame and to its bytes. Pure: faults and rows in, rows and bytes out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.sim.dice import GOLDEN, Dice
from tarazu.sim.faults import Fault, Faults

_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_UNITS = 1.0 / (1 << 53)


def thin(
    faults: Faults, now_ns: int, subject: dict[str, str], tokens: NDArray[np.uint32], indices: NDArray[np.int64]
) -> NDArray[np.int64]:
    """`indices` without the instruments that `ws.mute` silences and the ticks that `tick.gap` loses.

    A muted instrument is muted for as long as the fault lives; a gap draws anew each time. `tokens` is a token a row.
    """
    mute = faults.watching("ws.mute", now_ns, **subject)
    if mute is not None:
        listed = mute.params["tokens"]
        assert isinstance(listed, list)
        if listed:
            indices = indices[~np.isin(tokens[indices], listed)]
        else:
            indices = indices[_draws(tokens[indices], mute.id, 0) >= mute.number("share")]
    gap = faults.strike("tick.gap", now_ns, **subject) if len(indices) else None
    if gap is not None:
        indices = indices[_draws(tokens[indices], gap.id, now_ns) >= gap.number("share")]
    return indices


def backdated(rows: NDArray[Any], indices: NDArray[np.int64], by_s: float) -> NDArray[Any]:
    """A copy of `rows[indices]` whose exchange and trade stamps lie `by_s` seconds earlier."""
    copy = rows[indices]
    for field in ("exchange_ts", "last_trade_ts"):
        copy[field] -= np.minimum(copy[field], np.uint32(max(0, round(by_s))))
    return copy


def garbled(frame: bytes, fault: Fault, nth: int) -> bytes:
    """A broken frame: `truncate` cuts it short anywhere, `length` gives its first packet a length Kite has not."""
    if fault.text("how") == "truncate":
        return frame[: Dice(fault.id).between(1, max(1, len(frame) - 1), "garble", nth)]
    packet_bytes = int.from_bytes(frame[2:4], "big")
    return frame[:2] + (packet_bytes + 3).to_bytes(2, "big") + b"\xff\xff\xff" + frame[4:]


def delay_ns(fault: Fault, serial: int, nth: int) -> int:
    """How late the `nth` frame of connection `serial` arrives under `tick.latency`."""
    low, high = sorted((round(fault.number("min_ms")), round(fault.number("max_ms"))))
    return Dice(fault.id).between(low, high, "latency", serial, nth) * 1_000_000


def _draws(tokens: NDArray[np.uint32], fault_id: int, now_ns: int) -> NDArray[np.float64]:
    """A number in [0, 1) per instrument: splitmix64 (sim/dice.py) over arrays, by token, fault and moment."""
    seed = np.uint64(Dice(fault_id).word("thin", now_ns))
    x = (tokens.astype(np.uint64) ^ seed) + GOLDEN
    x = (x ^ (x >> np.uint64(30))) * _M1
    x = (x ^ (x >> np.uint64(27))) * _M2
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * _UNITS
