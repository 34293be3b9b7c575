"""All that is held and may become held, as one portfolio: its limits stand beside the gate.

GROSS, GREEKS and SCENARIO are of every place at the worse end of what it may become (`risk.scenarios`), UNEXECUTED of
the entries that are not filled, MARGIN of the account's funds as they were last read, less what has been sent since.
What cannot be valued is a no: to entries of its underlying when its greeks are not known, to all when nobody can say
what it may cost. A price of today is young enough: options are silent for minutes, and feeds are watched elsewhere.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from tarazu.engine.acts import Severity
from tarazu.engine.margin_needs import hold, needs
from tarazu.engine.messages import MarginsRead, Started, Ticked
from tarazu.engine.run import Run
from tarazu.engine.valuation import Worth
from tarazu.model.units import SECOND_NS, rupees_text
from tarazu.portfolio.charge_book import other_segment
from tarazu.risk import portfolio_risk
from tarazu.risk.denial import Code, Denial
from tarazu.risk.limits import RiskLimits
from tarazu.risk.margin_scan import Together
from tarazu.risk.portfolio_risk import Leg, Pan, Weighed, no_limit, sums_of

if TYPE_CHECKING:
    from tarazu.engine.weighing import Adding, Dearer


class Added(msgspec.Struct, frozen=True, gc=False):
    leg: Leg
    price_paise: int
    """Its limit; the mark's for one at the market."""
    worth: Worth
    dearer: "Dearer | None"


Legs = dict[str, list[Added]]
"""By underlying."""
BPS = 10_000
MARGINS_APART = 0.25
"""Ours: our scan and the broker's basket may differ by so much of the basket before a person is told."""


def denials(run: Run, adding: Sequence["Adding"]) -> Iterable[Denial]:
    """GROSS, GREEKS, SCENARIO, UNEXECUTED, MARGIN: of everything there is, with `adding` all added to it."""
    scales, instruments = run.scales, run.state.instruments
    scales.follow(run)
    legs: dict[str, list[Added]] = {}
    for one in adding:
        want, key = one.want, one.want.key
        if (one.qty <= 0 and one.dearer is None) or key not in instruments:
            continue
        worth = scales.valuation.of(run, key)
        unit = worth.unit
        if unit is None or unit.is_blind:
            return [Denial(Code.GREEKS, f"{key} has no price to reckon its greeks from", "a quote of today")]
        leg = Leg((key, want.product), unit, want.side.sign * one.qty)
        added = Added(leg, want.price_paise or round(unit.price), worth, one.dearer)
        legs.setdefault(instruments[key].underlying or key, []).append(added)
    return [*_unknown(run, legs), *_portfolio(run, legs), *_unexecuted(run, legs), *_margin(run, legs)]


def watch(run: Run) -> None:
    """Once a second the market is looked at, and what is over a limit without having been entered is told."""
    match run.message:
        case Started():
            run.scales.begin(run)
        case Ticked():
            run.scales.look(run)
            _tell(run)
        case MarginsRead():
            run.scales.read(run)
            _compare(run, run.message)


# What the portfolio may not become.


def _unknown(run: Run, legs: Iterable[str]) -> list[Denial]:
    pans, found = run.scales.pans, []
    for underlying in legs:
        pan = pans.get(underlying)
        if pan is not None and pan.blind:
            keys = ", ".join(sorted(key for key, _ in pan.blind)[:3])
            found.append(Denial(Code.GREEKS, f"{keys} is held or worked on and has no price today", "a quote of it"))
    unknown = [key for pan in pans.values() if pan.unknown for key, _ in pan.unknown]
    if unknown:
        unknown.sort()
        found.append(Denial(Code.SCENARIO, f"{', '.join(unknown[:3])} cannot be valued", "a quote, or its day's band"))
    return found


def _portfolio(run: Run, legs: Legs) -> list[Denial]:
    pans, weighed = run.scales.pans, []
    for underlying, added in legs.items():
        pan = pans.get(underlying) or Pan()
        weighed.append(Weighed(underlying, pan.figures, pan.made_worse([one.leg for one in added])))
    return portfolio_risk.denials(run.state.config.risk, sums_of(pans.values()), weighed)


def _unexecuted(run: Run, legs: Legs) -> tuple[Denial, ...]:
    new = 0
    for added in legs.values():
        for one in added:
            new += abs(one.leg.qty) * one.price_paise
            if one.dearer is not None:  # what still rests of it, at another price: so much more than at the one it has
                new += one.dearer.units * max(one.price_paise - one.dearer.was_paise, 0)
    denial = portfolio_risk.unexecuted(run.state.config.risk, run.scales.unexecuted_paise, new)
    return () if denial is None else (denial,)


# Margins.


def _margin(run: Run, legs: Legs) -> tuple[Denial, ...]:
    limits, funds = run.state.config.risk, run.state.funds
    if limits.margins is None:
        return (no_limit("margins"),)
    if funds is None or funds.started_ns <= run.state.started_ns or run.scales.known is None:
        return (Denial(Code.MARGIN, "the funds are not read yet", "a read since the start"),)
    age_ns = run.now_ns - funds.started_ns
    if age_ns > limits.margin_age_ns:
        observed, limit = f"funds are {age_ns / SECOND_NS:.0f} s old", f"{limits.margin_age_ns / SECOND_NS:.0f} s"
        return (Denial(Code.MARGIN, observed, limit),)
    needed = _needed(run, legs)
    if needed is None:
        return (Denial(Code.MARGIN, "what is held cannot be valued", "a quote of it"),)
    usable = usable_paise(limits, funds)
    if not legs or needed <= usable or needed <= 0:
        return ()
    observed = f"needs Rs {rupees_text(needed)}, with all that was sent since the funds were read"
    return (Denial(Code.MARGIN, observed, f"Rs {rupees_text(usable)} usable"),)


def usable_paise(limits: RiskLimits, funds: MarginsRead) -> int:
    """Of the available margin, but for the buffer."""
    return funds.available_paise * (BPS - limits.margin_buffer_bps) // BPS


def _needed(run: Run, legs: Legs) -> int | None:
    """For the legs, and for everything since the last read."""
    total = 0
    for underlying in {**run.scales.news, **legs}:
        held = run.scales.needed(run, underlying)
        if held is None:
            return None
        total += held[1]
        if underlying in legs:
            total += _needed_by(run, held[0], legs[underlying])
    return total


def _needed_by(run: Run, together: Together, added: Sequence[Added]) -> int:
    """What is bought comes first: it is a spread's protection."""
    if len(added) == 1:
        (one,) = added
        needed = needs(run, together, one.leg.place, one.leg.qty, one.price_paise, one.worth)
        return needed if one.dearer is None else needed + _needed_dearer(run, together, one, one.dearer)
    together, total = together.copy(), 0
    for one in sorted(added, key=lambda one: one.leg.qty < 0):
        leg = one.leg
        total += needs(run, together, leg.place, leg.qty, one.price_paise, one.worth)
        hold(run, together, leg.place, leg.qty, one.worth)
    return total


def _needed_dearer(run: Run, together: Together, one: Added, dearer: "Dearer") -> int:
    """What still rests of an order that is changed, at its new price, beyond what it needs at the one it has."""
    units = dearer.side.sign * dearer.units
    then, now = [
        needs(run, together, one.leg.place, units, price, one.worth) for price in (dearer.was_paise, one.price_paise)
    ]
    return max(now - then, 0)


def _compare(run: Run, read: MarginsRead) -> None:
    """Our scan of the derivatives that are held, against the broker's own basket: span and exposure."""
    if read.basket_paise is None or run.scales.known is None:
        return
    ours = 0
    for underlying in run.scales.pans:
        held = run.scales.held(run, underlying)
        if held is None:
            return
        requirement = held.requirement()
        ours += requirement.span + requirement.exposure
    if abs(ours - read.basket_paise) > MARGINS_APART * max(read.basket_paise, ours):
        text = f"ours Rs {rupees_text(ours)}, the broker's Rs {rupees_text(read.basket_paise)}"
        run.alert(Severity.WARN, "MARGINS_DIFFER", text=text)


# What has come over a limit by itself.


def _tell(run: Run) -> None:
    limits, pans, held = run.state.config.risk, run.scales.pans, run.state.held
    for key, product in sorted([place for place in held if other_segment(place[0])]):
        text = f"{held[key, product]} {product} held by hand: the desk neither values nor leaves it"
        run.alert(Severity.WARN, "NOT_OURS", key, text)
    for pan in pans.values():
        for key, _ in (*pan.blind, *pan.unknown) if pan.blind or pan.unknown else ():
            run.alert(Severity.WARN, "NOT_VALUED", key, "it is held or worked on and has no price today")
    account = sums_of(pans.values())
    _tell_over(run, "GROSS", "", account.gross, limits.gross_premium_max_paise)
    _tell_over(run, "SCENARIO", "", account.loss, limits.scenario_loss_max_paise)
    for underlying, pan in pans.items():
        figures = pan.figures
        _tell_over(run, "DELTA", underlying, figures.delta, limits.delta_max_paise)
        _tell_over(run, "VEGA", underlying, figures.vega, limits.vega_max_paise)


def _tell_over(run: Run, code: str, of: str, figure: float, limit: int | None) -> None:
    if limit is not None and figure > limit:
        text = f"Rs {rupees_text(round(figure))}, and the limit is Rs {rupees_text(limit)}"
        run.alert(Severity.WARN, f"{code}_OVER_LIMIT", of, text)
