"""The broker in a box of one research day: one account, and a market that follows the day's frames."""

from tarazu import reference
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.followed_market import FollowedMarket
from tarazu.app.research.local_kite import USER_ID
from tarazu.market.state import MarketState
from tarazu.sim.broker.broker import AccountSeed, Broker, BrokerConfig
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.universe import Universe

RULES = "nse-2026"


def local_broker(day: ResearchDay, state: MarketState, start_ns: int, cash_paise: int) -> tuple[FollowedMarket, Broker]:
    """Both on `state`, which has a slot for each of `day.traded`."""
    rules = reference.rules(RULES)
    universe = Universe(day.date, day.traded)
    market = FollowedMarket(universe, day.session, state, day.closes, day.seed, rules)
    config = BrokerConfig(
        seed=day.seed,
        rules=rules,
        calendar=reference.calendar_for(rules),
        charge_rates=reference.charge_rates(),
        scenario=SCENARIOS["normal"],
        start_ns=start_ns,
        accounts=(AccountSeed(user_id=USER_ID, cash_paise=cash_paise, holdings=()),),
        market_factory=lambda universe, session, closes: market,
        universe_factory=lambda day, closes: universe,
    )
    return market, Broker(config)
