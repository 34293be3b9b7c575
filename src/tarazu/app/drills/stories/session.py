"""The broker does not know us any more."""

import json

from tarazu.app.drills.rehearsal import Rehearsal
from tarazu.app.drills.stories.beginnings import entry_denied, holding, stop_stays
from tarazu.engine.phase import Phase


def token_expiry(drill: Rehearsal) -> None:
    """As at 06:00, but at noon: somebody logged in elsewhere, or the broker flushed its tokens."""
    book = holding(drill, resting=False)
    sent = len(drill.books().orders)
    drill.strike("token.kill", count=1)
    drill.until_phase("entries.off", Phase.REDUCE_ONLY, Phase.RECONCILING)
    drill.command("session", "check", exits=(2,))
    entry_denied(drill)
    token = drill.broker.request_token()
    secret = json.loads(drill.home.sim_broker.read_text()).get("api_secret", "")
    drill.holds("login.possible", "the box tells the app's secret, as the desk's .env does", bool(secret))
    drill.command("session", "login", "--prompt-token", "--update-env", exits=(0, 1), stdin=f"{token}\n")
    drill.command("session", "check", exits=(0,))
    drill.until_active("desk.again")
    nothing = len(drill.books().orders) == sent
    drill.holds("books.nothing_sent", "nothing was sent without a session", nothing)
    stop_stays(drill, book)
    drill.books_agree()
    drill.ends_flat()
