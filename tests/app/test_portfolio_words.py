"""What main says of the portfolio: put together from the engine's own scales, and read by people."""

import msgspec

from harness.portfolio_desk import CALLS, EXPIRY, FUTURE, LOT, NIFTY, SHARE, SPOT_PAISE, PortfolioDesk
from tarazu.app.main.portfolio_health import PortfolioPage
from tarazu.app.main.portfolio_page import portfolio_page
from tarazu.app.main.portfolio_words import portfolio_lines
from tarazu.model.units import SECOND_NS

TENTH = LOT * SPOT_PAISE // 10


def page_of(desk: PortfolioDesk) -> PortfolioPage:
    page = portfolio_page(desk.engine, desk.now_ns)
    assert msgspec.json.decode(msgspec.json.encode(page), type=PortfolioPage) == page
    return page


def test_net_greeks_are_of_what_is_held_by_underlying_and_expiry() -> None:
    desk = PortfolioDesk().carried((FUTURE, LOT), (SHARE, 100))
    desk.worked(FUTURE, LOT)
    desk.second()
    by = {(one.underlying, one.expiry): one for one in page_of(desk).greeks}
    assert by[NIFTY, EXPIRY.isoformat()].delta_paise == LOT * SPOT_PAISE, "what works is not held"
    assert by[SHARE.key, ""].delta_paise == 100 * 1_500_00
    desk = PortfolioDesk().carried((CALLS[26_000], -LOT))
    (short,) = page_of(desk).greeks
    assert short.delta_paise < 0 and short.gamma_paise < 0 and short.vega_paise < 0 < short.theta_paise


def test_the_worst_cell_counts_what_works_and_is_named() -> None:
    desk = PortfolioDesk(scenario_loss_max_paise=4 * TENTH).carried((FUTURE, LOT))
    desk.worked(FUTURE, LOT)
    desk.second()
    page = page_of(desk)
    (worst,) = page.worst
    assert (worst.loss_paise, worst.cell) == (2 * TENTH, "spot -10%, volatility +0%, 0 days on")
    used = {one.name: one for one in page.used}
    assert used["SCENARIO"].paise == 2 * TENTH and used["UNEXECUTED"].paise == LOT * SPOT_PAISE
    text = "\n".join(portfolio_lines(page))
    assert "WORST       NSE:NIFTY 50 loses Rs 338,000 at spot -10%, volatility +0%, 0 days on" in text
    assert "SCENARIO Rs 338,000 of Rs 676,000 (50 %)" in text


def test_the_margin_line_says_what_is_left_and_what_was_sent_since() -> None:
    desk = PortfolioDesk().ready()
    desk.funds(5_00_000)
    desk.worked(FUTURE, LOT)
    desk.second()
    page = page_of(desk)
    assert (page.funds_paise, page.usable_paise) == (5_00_000_00, 4_50_000_00)
    assert page.needed_paise == LOT * SPOT_PAISE * 12 // 100 and SECOND_NS < (page.funds_age_ns or 0) < 3 * SECOND_NS
    text = "\n".join(portfolio_lines(page))
    assert "MARGIN      Rs 500,000 available " in text
    assert " ago, Rs 450,000 usable | needed since by our estimate: Rs 202,800" in text


def test_what_is_not_known_is_said() -> None:
    assert list(portfolio_lines(PortfolioPage())) == ["MARGIN      the funds are not read yet: no entries"]
    desk = PortfolioDesk(gross_premium_max_paise=None).carried((CALLS[26_000], LOT))
    desk.unquote(CALLS[26_000])
    desk.second(2)
    text = "\n".join(portfolio_lines(page_of(desk)))
    assert f"NOT VALUED: {CALLS[26_000].key}" in text and "GROSS Rs 6,500,000, NO LIMIT" in text
