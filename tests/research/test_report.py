"""The page of a trial: it stands alone, and says what the result says."""

from harness.research_days import CONFIG, probe, small_day
from harness.whole_page import whole
from tarazu.app.pages.words import rupees, signed
from tarazu.app.research.report import report
from tarazu.app.research.run import Terms, run_day
from tarazu.app.research.trial import Trial, result_of


def test_it_is_one_whole_page_without_script_or_network_and_has_every_figure() -> None:
    day = small_day()
    trial = Trial(strategies=(probe(day, every_s=35, hold_s=30),), config=CONFIG, limits="nobody's <b>", terms=Terms())
    result = result_of(trial, [run_day(day, trial.strategies, trial.config, trial.terms)])
    page = report(result, 1_800_000_000_000_000_000)
    assert whole(page).links == []
    assert "delta, rupees of the underlying" in page
    for told in (signed(result.net_paise), rupees(result.charges_paise), rupees(result.drawdown_paise)):
        assert told in page
    assert page.count('class="buy"') == sum(t.side == "BUY" for t in result.days[0].trades)
    assert "nobody&#x27;s &lt;b&gt;" in page, "what was said elsewhere is shown and not obeyed"
