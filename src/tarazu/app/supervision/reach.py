"""The profile's broker for a command that asks it something. In the sim profile there always is one: a broker in a box
is begun where none runs, as if it had been there all along; the desk's own processes are not touched by that."""

import os
from collections.abc import Callable, Mapping

from tarazu.app.broker_address import BrokerAddress, NoAddress, broker_address
from tarazu.app.home import Home, Profile
from tarazu.app.settings import BadSettings, read_settings
from tarazu.app.supervision.found_broker import is_named
from tarazu.app.supervision.link import SupervisorRefused, SupervisorSilent
from tarazu.app.supervision.process import SupervisorFailed
from tarazu.app.supervision.programs import SIM_BROKER
from tarazu.app.supervision.supervisor import Busy, Supervision

PATIENCE_S = 30.0


def reach(
    home: Home, environ: Mapping[str, str] = os.environ, tell: Callable[[str], None] = lambda _: None
) -> BrokerAddress:
    """Where the broker is. Raises NoAddress, with what to do."""
    if home.profile is Profile.SIM:
        try:
            _begin_where_none_runs(home, environ, tell)
        except (BadSettings, SupervisorSilent, SupervisorFailed, SupervisorRefused, Busy, OSError) as failed:
            raise NoAddress(f"the broker of the sim profile cannot be begun: {failed}") from failed
    return broker_address(home)


def _begin_where_none_runs(home: Home, environ: Mapping[str, str], tell: Callable[[str], None]) -> None:
    supervision = Supervision(home)
    if not is_named(environ) and supervision.state(SIM_BROKER).state.is_up and home.sim_broker.exists():
        return
    from tarazu.app.supervision.own_broker import OwnBroker
    from tarazu.app.warm import warm_up

    warm_up(tell, environ)
    with supervision.alone(PATIENCE_S):
        outcome = OwnBroker(home, read_settings(home.settings_file), supervision, environ).ensure(PATIENCE_S, tell=tell)
    if not outcome.holds:
        raise NoAddress(f"the broker of the sim profile does not run: {outcome}; {outcome.hint}")
