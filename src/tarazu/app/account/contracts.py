"""Lot, tick and freeze quantity of the few instruments an account holds: from the kept master, else the broker's file,
else what the rules of the day say. A flatten waits for no file that is broken."""

import re
from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from tarazu import reference
from tarazu.adapters.kite_rest.errors import RestError
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.rules import Contract

if TYPE_CHECKING:
    from tarazu.adapters.kite_rest.client import KiteMarketRest
    from tarazu.app.masters.store import MasterStore

RULES = "nse-2026"
OURS = frozenset({"NSE", "BSE", "NFO", "BFO"})
"""What a desk trades (docs/risk-state.md, "What is not ours"): of MCX, CDS and others nothing is left by us."""
_DERIVATIVES = frozenset({"NFO", "BFO"})
_EXPIRY = r"\d{2}(?:[A-Z]{3}|[1-9OND]\d{2})"
_BEHIND_NAME = re.compile(_EXPIRY + r"[\d.]*(?:FUT|CE|PE)$")
"""What follows the underlying's name: the expiry as 26NOV or 26N24, the strike, the kind (Kite v3 "Instruments"). A
name may have digits itself (360ONE), and tells nothing of the kind."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms an instrument is ordered today."""

    lot_size: int
    tick_paise: int
    freeze_qty: int
    """Units; 0: not known, or none. The broker is then asked to slice."""
    market_allowed: bool
    """MARKET is barred in stock options (KITE facts 1.6)."""
    is_option: bool
    is_derivative: bool
    expiry: date | None = None
    """None where no file tells it."""
    strike_paise: int = 0
    name: str = ""
    """Of the underlying, as contracts are called."""
    source: str
    """`master`, `broker`, or `rules`: guessed by name and the day's rules."""


class Contracts:
    """Each key is looked up once."""

    def __init__(self, store: "MasterStore", rest: "KiteMarketRest | None", day: date) -> None:
        """`rest`: None: the broker's file is not asked for, what is not kept is guessed."""
        self._store, self._rest, self._day = store, rest, day
        self._known: dict[str, Terms] = {}
        self.trouble = ""
        """Why the kept master was not used; empty when it was."""

    def terms(self, keys: Collection[str]) -> dict[str, Terms]:
        missing = sorted(set(keys) - self._known.keys())
        if missing:
            self._known |= {key: guessed(key) for key in missing}
            self._known |= self._listed(missing)
        return {key: self._known[key] for key in keys}

    def _listed(self, keys: list[str]) -> dict[str, Terms]:
        csv, source = self._csv()
        if csv is None:
            return {}
        from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv

        master = decode_csv(_rows_of(csv, keys))
        if not isinstance(master, InstrumentMaster):
            self.trouble = f"the instruments' file does not read: {master}"
            return {}
        wanted = set(keys)
        return {
            i.key: msgspec.structs.replace(_of_row(i), source=source) for i in master.instruments if i.key in wanted
        }

    def _csv(self) -> tuple[bytes | None, str]:
        from tarazu.app.masters.store import DamagedMaster

        try:
            kept = self._store.load(self._day)
            if kept is not None:
                return kept.csv, "master"
            self.trouble = f"no instrument master of {self._day} is kept here"
        except (DamagedMaster, OSError) as bad:
            self.trouble = str(bad)
        if self._rest is None:
            return None, ""
        try:
            return self._rest.instruments(), "broker"
        except RestError as failed:
            self.trouble = f"{self.trouble}; {failed}"
            return None, ""


def kind_of(key: str) -> Kind:
    """By where it trades and how its symbol ends, which is the same whatever the underlying is called."""
    exchange, _, symbol = key.partition(":")
    if exchange not in _DERIVATIVES:
        return Kind.EQ
    return {"CE": Kind.CE, "PE": Kind.PE}.get(symbol[-2:], Kind.FUT)


def guessed(key: str) -> Terms:
    """By its name alone: a lot and a freeze quantity of the dated rules, which a change of lots outdates."""
    return _terms(kind_of(key), _known(key), is_derivative=key.partition(":")[0] in _DERIVATIVES)


def _of_row(row: Instrument) -> Terms:
    """What the row says, and of the dated rules what it does not: Kite's file has no freeze quantity."""
    is_derivative = row.exchange in _DERIVATIVES
    known = reference.rules(RULES).contracts.get(row.name) if is_derivative else None
    return msgspec.structs.replace(
        _terms(row.kind, known, is_derivative),
        lot_size=max(1, row.lot_size),
        tick_paise=max(1, row.tick_size_paise),
        freeze_qty=row.freeze_qty or (known.freeze_qty if known else 0),
        expiry=row.expiry,
        strike_paise=row.strike_paise,
        name=row.name,
    )


def _known(key: str) -> Contract | None:
    """The dated rules of its underlying, where they are of an index that its symbol begins with."""
    exchange, _, symbol = key.partition(":")
    contracts = reference.rules(RULES).contracts if exchange in _DERIVATIVES else {}
    named = (name for name in contracts if symbol.startswith(name) and _BEHIND_NAME.match(symbol[len(name) :]))
    return next((contracts[name] for name in named), None)


def _terms(kind: Kind, known: Contract | None, is_derivative: bool) -> Terms:
    contract = known or Contract(lot_size=1, freeze_qty=0)
    is_option = kind in (Kind.CE, Kind.PE)
    return Terms(
        lot_size=contract.lot_size,
        tick_paise=5,
        freeze_qty=contract.freeze_qty,
        market_allowed=known is not None or not is_option,
        is_option=is_option,
        is_derivative=is_derivative,
        source="rules",
    )


def _rows_of(csv: bytes, keys: list[str]) -> bytes:
    """The header and the lines of these symbols, so that not all of 120,000 are read."""
    lines = csv.split(b"\n")
    symbols = {f",{key.partition(':')[2]},".encode() for key in keys}
    found = [line for line in lines[1:] if any(symbol in line for symbol in symbols)]
    return b"\n".join([lines[0], *found]) + b"\n"
