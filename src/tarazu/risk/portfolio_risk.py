"""The portfolio on the scales: one pan for each underlying, and what everything there is weighs.

Pans do not hedge each other: the account's worst case is the sum of theirs. Each holds its places at both ends of what
they may become (`risk.scenarios`), so an addition can be weighed without going through everything again.
"""

from collections.abc import Iterable, Sequence

import msgspec

from tarazu.model.units import rupees_text
from tarazu.orders.standing import Place
from tarazu.risk import scenarios
from tarazu.risk.denial import Code, Denial
from tarazu.risk.greeks import Greeks
from tarazu.risk.limits import RiskLimits
from tarazu.risk.scenarios import Column, Figures

NONE = Figures()
Worse = tuple[float, float, float, float]
"""`Figures` as they would be, 0 where nothing is made worse. As the kernels tell them."""
TINY = scenarios.TINY


class Unit(msgspec.Struct, frozen=True, gc=False):
    """One unit of an instrument, held long."""

    price: float
    """Paise; of one that is blind, the most a unit can cost today."""
    greeks: Greeks
    column: Column
    """`scenarios.UNIT` and the cells."""
    is_blind: bool = False
    """It has no price today: its greeks are not known."""


class Held(msgspec.Struct, frozen=True, gc=False):
    unit: Unit
    lowest: int
    highest: int


class Leg(msgspec.Struct, frozen=True, gc=False):
    """What would be added."""

    place: Place
    unit: Unit
    qty: int
    """Below 0: sold."""


class Pan:
    """Everything on one underlying."""

    def __init__(self) -> None:
        self.held: dict[Place, Held] = {}
        self.blind: dict[Place, None] = {}
        """Places whose greeks are not known."""
        self.unknown: dict[Place, None] = {}
        """Places that cannot even be valued at the most they may cost."""
        self.load = scenarios.blank_load()
        self._figures: Figures | None = NONE
        """None: of another load than the one there is now."""
        self._open = 0
        """Places that may become more than one thing: orders are open there."""

    @property
    def figures(self) -> Figures:
        if self._figures is None:
            self._figures = Figures(*scenarios.figures_of(self.load))
        return self._figures

    def put(self, place: Place, unit: Unit | None, lowest: int, highest: int) -> None:
        """What the place holds from now on; without a unit nobody can say what that is worth."""
        old = self.held.get(place)
        if old is not None:
            self._load(old, -1.0)
        self.note(place, unit, lowest, highest)
        new = self.held.get(place)
        if new is not None:
            self._load(new, 1.0)
        self._figures = None

    def note(self, place: Place, unit: Unit | None, lowest: int, highest: int) -> None:
        """The same, for `sum_up` to load."""
        was = self.held.pop(place, None)
        self._open -= was is not None and was.lowest != was.highest
        self.blind.pop(place, None)
        self.unknown.pop(place, None)
        if not lowest and not highest:
            return
        if unit is None:
            self.unknown[place] = None
            return
        self.held[place] = Held(unit, lowest, highest)
        self._open += lowest != highest
        if unit.is_blind:
            self.blind[place] = None

    def sum_up(self) -> None:
        """Anew from nothing: what was added and taken off leaves the last bits of floats behind."""
        self.load = scenarios.blank_load()
        for held in self.held.values():
            self._load(held, 1.0)
        self._figures = None

    def with_filled(self, legs: Sequence[Leg]) -> Figures:
        """The worse of: nothing of it fills, what is bought alone does, all does. A spread's hedges go out first, and
        its mains only against what has filled of them."""
        if len(legs) == 1:
            return _worse(self.figures, self._filled(legs[0]))
        load, worst = self.load.copy(), self.figures
        for leg in sorted(legs, key=lambda leg: leg.qty < 0):
            lowest, highest = self._ends(leg.place)
            scenarios.fill(load, leg.unit.column, lowest, highest, leg.qty)
            if leg.qty > 0:
                worst = _worse(worst, scenarios.figures_of(load))
        return _worse(worst, scenarios.figures_of(load))

    def made_worse(self, legs: Sequence[Leg]) -> Worse:
        """What the legs make worse, at its worst; 0 where they make nothing worse. Where no order is open a figure
        that is no larger is no worse; elsewhere each end and each cell is looked at by itself, for the truth may be at
        the end that looks better (simulated days 871 and 520, C08)."""
        if not self._open:
            after = self._filled(legs[0]) if len(legs) == 1 else self.with_filled(legs)
            return _beyond(self.figures, after)
        if len(legs) == 1:
            return self._filled_worse(legs[0])
        load, worst, is_more = self.load.copy(), NONE, False
        for leg in sorted(legs, key=lambda leg: leg.qty < 0):
            lowest, highest = self._ends(leg.place)
            is_more |= scenarios.is_gross_more(lowest, highest, leg.qty)
            scenarios.fill(load, leg.unit.column, lowest, highest, leg.qty)
            if leg.qty > 0:
                worst = _worse(worst, scenarios.made_worse(self.load, load, is_more))
        return _worse(worst, scenarios.made_worse(self.load, load, is_more))

    def _filled_worse(self, leg: Leg) -> Worse:
        """`Figures` of what all of one leg makes worse."""
        lowest, highest = self._ends(leg.place)
        return scenarios.filled_worse(self.load, leg.unit.column, lowest, highest, leg.qty)  # type: ignore[no-any-return]

    def _filled(self, leg: Leg) -> tuple[float, float, float, float]:
        """`Figures` with all of one leg."""
        lowest, highest = self._ends(leg.place)
        return scenarios.figures_filled(self.load, leg.unit.column, lowest, highest, leg.qty)  # type: ignore[no-any-return]

    def _ends(self, place: Place) -> tuple[int, int]:
        held = self.held.get(place)
        return (held.lowest, held.highest) if held is not None else (0, 0)

    def _load(self, held: Held, sign: float) -> None:
        if held.unit.is_blind:
            scenarios.add_blind(self.load, held.unit.price, held.lowest, held.highest, sign)
        else:
            scenarios.add_load(self.load, held.unit.column, held.lowest, held.highest, sign)


def net_greeks(held: Iterable[tuple[int, Unit]]) -> Greeks:
    """Of so many units of each."""
    rows = [(0.0, 0.0, 0.0, 0.0), *([qty * greek for greek in unit.greeks] for qty, unit in held)]
    return Greeks(*map(sum, zip(*rows, strict=True)))


def _worse(one: Figures, other: tuple[float, float, float, float]) -> Figures:
    gross, delta, vega, loss = other
    return Figures(
        gross if gross > one.gross else one.gross,
        delta if delta > one.delta else one.delta,
        vega if vega > one.vega else one.vega,
        loss if loss > one.loss else one.loss,
    )


def _beyond(one: Figures, other: tuple[float, float, float, float]) -> Figures:
    """What the other has more of; 0 where it has not."""
    gross, delta, vega, loss = other
    return Figures(
        gross if gross > one.gross + TINY else 0.0,
        delta if delta > one.delta + TINY else 0.0,
        vega if vega > one.vega + TINY else 0.0,
        loss if loss > one.loss + TINY else 0.0,
    )


class Sums(msgspec.Struct, frozen=True, gc=False):
    """Of the account, paise."""

    gross: float
    loss: float


def sums_of(pans: Iterable[Pan]) -> Sums:
    gross = loss = 0.0
    for pan in pans:
        figures = pan.figures
        gross += figures.gross
        loss += figures.loss
    return Sums(gross, loss)


class Weighed(msgspec.Struct, frozen=True, gc=False):
    """One underlying: as it is, and what of it the addition makes worse."""

    underlying: str
    before: Figures
    worse: Worse


def denials(limits: RiskLimits, account: Sums, weighed: Sequence[Weighed]) -> list[Denial]:
    """GROSS, SCENARIO and GREEKS. Only what is made worse is held against it: it may be the hedge."""
    found: list[Denial] = []
    gross = loss = 0.0
    is_more = is_worse = False
    for one in weighed:
        before, (gross_worse, delta, vega, loss_worse) = one.before, one.worse
        if (most := limits.delta_max_paise) is None or delta > most:
            found.append(_beyond_limit("delta_max", most, delta, one.underlying))
        if (most := limits.vega_max_paise) is None or vega > most:
            found.append(_beyond_limit("vega_max", most, vega, one.underlying))
        if gross_worse:
            gross, is_more = gross + (gross_worse - before.gross), True
        if loss_worse:
            loss, is_worse = loss + (loss_worse - before.loss), True
    all_gross, all_loss = (account.gross + gross) * is_more, (account.loss + loss) * is_worse
    if (most := limits.gross_premium_max_paise) is None or all_gross > most:
        found.append(_beyond_limit("gross_premium_max", most, all_gross))
    if (most := limits.scenario_loss_max_paise) is None or all_loss > most:
        found.append(_beyond_limit("scenario_loss_max", most, all_loss))
    return found


_NAMES = {
    "gross_premium_max": (Code.GROSS, "gross"),
    "scenario_loss_max": (Code.SCENARIO, "worst cell"),
    "delta_max": (Code.GREEKS, "delta of {}"),
    "vega_max": (Code.GREEKS, "vega of {}"),
}


def _beyond_limit(name: str, limit: int | None, figure: float, of: str = "") -> Denial:
    if limit is None:
        return no_limit(name)
    code, what = _NAMES[name]
    return Denial(code, f"{what.format(of)} Rs {rupees_text(round(figure))}", f"Rs {rupees_text(limit)}")


def no_limit(name: str) -> Denial:
    return Denial(Code.NO_LIMIT, f"{name} is not configured", f"[engine.risk] {name}")


def unexecuted(limits: RiskLimits, working_paise: float, added_paise: float) -> Denial | None:
    """UNEXECUTED (SEBI CIR/MRD/DP/34/2012): the value of entries that work or may work."""
    if limits.unexecuted_value_max_paise is None:
        return no_limit("unexecuted_value_max")
    total = working_paise + added_paise
    if added_paise <= TINY or total <= limits.unexecuted_value_max_paise:
        return None
    shown, limit = rupees_text(round(total)), rupees_text(limits.unexecuted_value_max_paise)
    return Denial(Code.UNEXECUTED, f"entries that are not filled: Rs {shown}", f"Rs {limit}")
