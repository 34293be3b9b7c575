"""`tarazu session login`: today's access token, from the address that Kite's login ends at."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Exit, Verdict

EXAMPLES = """
\b
Examples:
  tarazu session login                                  sim: nobody is asked
  tarazu session login --profile live --prompt-token    asks for the address the browser ended at
"""


@click.command("login", epilog=EXAMPLES)
@click.option("--prompt-token", is_flag=True, help="Ask for the redirect address also in sim; in live always.")
@click.option("--update-env/--no-update-env", default=True, show_default=True, help="Keep the new token in .env.")
@click.option("--other-account", is_flag=True, help="Take a login of another user than the last one's.")
@feed_flags
def command(prompt_token: bool, update_env: bool, other_account: bool, profile: str | None, as_json: bool) -> int:
    """Log in: paste the address that the browser ends at after Kite's login, or the request token out of it.

    It is asked for without echo (or read from a pipe) and is never an argument. The token that comes of it is proven by
    profile and margins and written to .env, the one source of it: whole or not at all, mode 0600, comments kept.
    Running processes take it within a second. In sim, without --prompt-token, nobody is asked.

    Exit code 0: logged in; 1: logged in, and not kept or not written down; 2: not, and why; 3: not known, or kept and
    not proven; 4: another account than the last one's.
    """
    home = home_of(profile)
    return session_login(home, prompt_token, update_env, other_account).show(as_json)


def session_login(home: Home, prompt: bool, keep: bool, other_account: bool) -> Verdict:
    from tarazu.app.broker_address import NoAddress
    from tarazu.app.session.ask_for_token import pasted_token, token_of_sim
    from tarazu.app.session.clock import session_now_ns
    from tarazu.app.session.kite_app import kite_app
    from tarazu.app.session.login import PASTE_AGAIN, Login, log_in, without_address
    from tarazu.app.session.login_told import login_verdict
    from tarazu.app.session.pasted import BadPaste
    from tarazu.app.supervision.reach import reach

    address = None
    try:
        address = reach(home)
        app = kite_app(home, address)
        alone = address.sim is not None and home.profile is Profile.SIM and not prompt
        token = token_of_sim(app) if alone else pasted_token(app)
    except NoAddress as none:
        login = without_address(home, none)
    except BadPaste as bad:
        login = Login(exit_code=Exit.CRIT, code="NO_REQUEST_TOKEN", detail=str(bad), hint=PASTE_AGAIN)
    else:
        login = log_in(home, address, app, token, keep=keep, other_account=other_account)
    return login_verdict(home, login, session_now_ns(address))
