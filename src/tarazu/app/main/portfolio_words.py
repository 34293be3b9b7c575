"""The portfolio in lines for people."""

from collections.abc import Iterator

from tarazu.app.feed.words import span, table
from tarazu.app.main.portfolio_health import PortfolioPage, UsePage
from tarazu.model.units import PAISE


def portfolio_lines(page: PortfolioPage) -> Iterator[str]:
    """Net greeks by underlying and expiry, the worst cell of each, what is used of the limits and of the margin."""
    if page.greeks:
        head = ("UNDERLYING", "EXPIRY", "DELTA", "GAMMA 1%", "VEGA 1PT", "THETA 1D")
        rows = [
            (
                one.underlying,
                one.expiry,
                *map(_signed, (one.delta_paise, one.gamma_paise, one.vega_paise, one.theta_paise)),
            )
            for one in page.greeks
        ]
        yield from table([head, *rows])
    for one in page.worst:
        doubt = f" | NOT VALUED: {', '.join(one.not_valued)}" if one.not_valued else ""
        yield f"WORST       {one.underlying} loses {_whole(one.loss_paise)} at {one.cell}{doubt}"
    if page.used:
        yield f"PORTFOLIO   {' | '.join(_use(one) for one in page.used)}"
    yield f"MARGIN      {_margin(page)}"


def _use(one: UsePage) -> str:
    if one.limit_paise is None:
        return f"{one.name} {_whole(one.paise)}, NO LIMIT"
    return f"{one.name} {_whole(one.paise)} of {_whole(one.limit_paise)} ({100 * one.paise // one.limit_paise} %)"


def _margin(page: PortfolioPage) -> str:
    if page.funds_paise is None or page.usable_paise is None:
        return "the funds are not read yet: no entries"
    since = "not known" if page.needed_paise is None else _whole(page.needed_paise)
    return (
        f"{_whole(page.funds_paise)} available {span(page.funds_age_ns)} ago, {_whole(page.usable_paise)} usable | "
        f"needed since by our estimate: {since}"
    )


def _whole(paise: int) -> str:
    return f"Rs {round(paise / PAISE):,}"


def _signed(paise: int) -> str:
    return f"{round(paise / PAISE):+,}"
