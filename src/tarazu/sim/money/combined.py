"""Everything an account has on one underlying, margined together. Additive, so an order is tried by adding it."""

import math
from datetime import date

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.model.instrument import Instrument, Kind
from tarazu.sim.money.scan import SCENARIOS, RiskArray


class Requirement(msgspec.Struct, frozen=True):
    """What is blocked or must be paid, in paise."""

    span: int = 0
    exposure: int = 0
    premium: int = 0
    """Orders: premium to pay, or delivery value. Positions: the value of short options."""
    var: int = 0
    """Shares: intraday margin of MIS, whole value of CNC."""

    @property
    def total(self) -> int:
        return self.span + self.exposure + self.premium + self.var

    def __add__(self, other: "Requirement") -> "Requirement":
        return Requirement(
            self.span + other.span, self.exposure + other.exposure, self.premium + other.premium, self.var + other.var
        )

    def __sub__(self, other: "Requirement") -> "Requirement":
        return Requirement(
            self.span - other.span, self.exposure - other.exposure, self.premium - other.premium, self.var - other.var
        )

    def floored(self) -> "Requirement":
        """Each part at least 0: margin one part sets free does not pay for another until the order has filled."""
        return Requirement(*(max(0, part) for part in msgspec.structs.astuple(self)))


NOTHING = Requirement()


class Contract(msgspec.Struct):
    """The net open quantity of one contract, whatever its products."""

    kind: Kind
    array: RiskArray
    qty: int = 0


class Expiry(msgspec.Struct):
    """What the contracts of one expiry lose together in each scenario, and their delta in units of the underlying."""

    losses: NDArray[np.float64]
    delta: float = 0.0
    notional_paise: int = 0


class Combined:
    """Futures, options and intraday shares of one underlying."""

    def __init__(self) -> None:
        self._contracts: dict[str, Contract] = {}
        self._expiries: dict[date, Expiry] = {}
        self._value_paise = 0.0
        self._shares: dict[str, tuple[int, int]] = {}
        self._share_rate = 0.0

    def copy(self) -> "Combined":
        twin = Combined()
        twin._contracts = {key: msgspec.structs.replace(c) for key, c in self._contracts.items()}
        twin._expiries = {day: Expiry(e.losses, e.delta, e.notional_paise) for day, e in self._expiries.items()}
        twin._value_paise = self._value_paise
        twin._shares = dict(self._shares)
        twin._share_rate = self._share_rate
        return twin

    def qty(self, instrument: Instrument) -> int:
        """Net open quantity of a contract; of intraday shares."""
        contract = self._contracts.get(instrument.key)
        return contract.qty if contract else self._shares.get(instrument.key, (0, 0))[0]

    def add(self, instrument: Instrument, array: RiskArray, qty: int) -> None:
        contract = self._contracts.get(instrument.key)
        if contract is None:
            contract = self._contracts[instrument.key] = Contract(instrument.kind, array)
        contract.qty += qty
        expiry = self._expiries.get(array.expiry)
        if expiry is None:
            expiry = self._expiries[array.expiry] = Expiry(np.zeros(len(SCENARIOS)))
        expiry.losses = expiry.losses + qty * array.losses
        expiry.delta += qty * array.delta
        expiry.notional_paise = array.notional_paise
        self._value_paise += qty * array.value_paise

    def add_shares(self, instrument: Instrument, qty: int, price_paise: int, rate: float) -> None:
        held, price = self._shares.get(instrument.key, (0, 0))
        self._shares[instrument.key] = (held + qty, max(price, price_paise))
        self._share_rate = rate

    def requirement(self) -> Requirement:
        """See the rule in `sim.money.margins`. Parts are rounded up to the paisa."""
        short_value = max(0.0, -self._value_paise)
        blocked = max(0.0, self._risk() - self._value_paise)
        shares = sum(abs(qty) * price for qty, price in self._shares.values())
        return Requirement(
            span=up_to_paisa(blocked - short_value),
            exposure=up_to_paisa(self._exposure()),
            premium=up_to_paisa(short_value),
            var=up_to_paisa(shares * self._share_rate),
        )

    def _risk(self) -> float:
        if not self._contracts:
            return 0.0
        apart = sum(max(0.0, float(e.losses.max())) for e in self._expiries.values())
        if len(self._expiries) == 1:
            together = apart
        else:
            losses = np.sum([e.losses for e in self._expiries.values()], axis=0)
            together = max(0.0, float(losses.max())) + self._calendar_charge()
        return max(min(together, apart), self._short_minimum())

    def _calendar_charge(self) -> float:
        """Near to far, delta that offsets what nearer expiries left open is charged on the farther one's notional."""
        rate = next(iter(self._contracts.values())).array.calendar_spread
        charge = open_delta = 0.0
        for day in sorted(self._expiries):
            expiry = self._expiries[day]
            if open_delta * expiry.delta < 0:
                charge += min(abs(open_delta), abs(expiry.delta)) * expiry.notional_paise * rate
            open_delta += expiry.delta
        return charge

    def _short_minimum(self) -> float:
        """Uncovered shorts: what calls (puts) are short beyond the calls (puts) that are long."""
        minimum = 0.0
        for kind in (Kind.CE, Kind.PE):
            options = [c for c in self._contracts.values() if c.kind is kind]
            uncovered = -sum(c.qty for c in options)
            if uncovered > 0:
                minimum += uncovered * max(c.array.notional_paise * c.array.short_minimum for c in options)
        return minimum

    def _exposure(self) -> float:
        total = 0.0
        for c in self._contracts.values():
            at_risk = abs(c.qty) if c.kind is Kind.FUT else max(0, -c.qty)
            total += at_risk * c.array.notional_paise * c.array.exposure
        return total


def up_to_paisa(paise: float) -> int:
    """Up to the paisa, but not for a float's last bits."""
    return math.ceil(paise - 1e-6)
