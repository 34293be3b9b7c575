"""Lot, tick and freeze quantity of the few instruments an account holds: from the kept master, else the broker's file,
else what the rules of the day say. A flatten waits for no file that is broken."""

import re
from collections.abc import Collection
from datetime import date

import msgspec

from tarazu import reference
from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.kite_rest.errors import RestError
from tarazu.app.masters.store import DamagedMaster, MasterStore
from tarazu.model.rules import Contract
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv

RULES = "nse-2026"
OURS = frozenset({"NSE", "BSE", "NFO", "BFO"})
"""What a desk trades (docs/risk-state.md, "What is not ours"): of MCX, CDS and others nothing is left by us."""
_DERIVATIVES = frozenset({"NFO", "BFO"})
_CONTRACT = re.compile(r"^(?P<name>[A-Z&-]+?)(?P<rest>\d{2}[A-Z0-9]*?)(?P<kind>FUT|CE|PE)$")


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

    def __init__(self, store: MasterStore, rest: KiteMarketRest | None, day: date) -> None:
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
        master = decode_csv(_rows_of(csv, keys))
        if not isinstance(master, InstrumentMaster):
            self.trouble = f"the instruments' file does not read: {master}"
            return {}
        wanted = set(keys)
        return {
            i.key: msgspec.structs.replace(
                guessed(i.key),
                lot_size=max(1, i.lot_size),
                tick_paise=max(1, i.tick_size_paise),
                freeze_qty=i.freeze_qty or guessed(i.key).freeze_qty,
                expiry=i.expiry,
                strike_paise=i.strike_paise,
                name=i.name,
                source=source,
            )
            for i in master.instruments
            if i.key in wanted
        }

    def _csv(self) -> tuple[bytes | None, str]:
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


def guessed(key: str) -> Terms:
    """By its name alone: a lot and a freeze quantity of the dated rules, which a change of lots outdates."""
    exchange, _, symbol = key.partition(":")
    parts = _CONTRACT.match(symbol) if exchange in _DERIVATIVES else None
    if parts is None:
        return _terms(
            Contract(lot_size=1, freeze_qty=0), market=True, option=False, derivative=exchange in _DERIVATIVES
        )
    known = reference.rules(RULES).contracts.get(parts["name"])
    is_option = parts["kind"] != "FUT"
    contract = known or Contract(lot_size=1, freeze_qty=0)
    return _terms(contract, market=known is not None or not is_option, option=is_option, derivative=True)


def _terms(contract: Contract, *, market: bool, option: bool, derivative: bool) -> Terms:
    return Terms(
        lot_size=contract.lot_size,
        tick_paise=5,
        freeze_qty=contract.freeze_qty,
        market_allowed=market,
        is_option=option,
        is_derivative=derivative,
        source="rules",
    )


def _rows_of(csv: bytes, keys: list[str]) -> bytes:
    """The header and the lines of these symbols, so that not all of 120,000 are read."""
    lines = csv.split(b"\n")
    symbols = {f",{key.partition(':')[2]},".encode() for key in keys}
    found = [line for line in lines[1:] if any(symbol in line for symbol in symbols)]
    return b"\n".join([lines[0], *found]) + b"\n"
