"""The Kite Connect app that the profile logs in by: its key and secret, and where its login page is."""

from urllib.parse import urlencode

import msgspec

from tarazu.app.broker_address import BrokerAddress, NoAddress, NoApp
from tarazu.app.home import Home
from tarazu.app.redaction import know
from tarazu.app.secrets.store import BadSecrets, Name, Secret, read_secrets

KITE_LOGIN = "https://kite.zerodha.com/connect/login"  # Kite v3 "User", login flow


class KiteApp(msgspec.Struct, frozen=True):
    api_key: Secret
    api_secret: Secret
    login_url: str
    """Has the key in it, as Kite's must: for the person at the terminal, not for a log."""


class _SimApp(msgspec.Struct):
    """Of a simulated broker's first line, as kept in `home.sim_broker`."""

    api_key: str
    api_secret: str = ""
    login_url: str = ""


def kite_app(home: Home, address: BrokerAddress) -> KiteApp:
    """The simulated broker's own where it is one, else that of `.env`. Raises NoAddress, with what to do."""
    app = _of_sim(home) if address.sim else _of_env(home, address)
    if not app.api_secret:
        where = home.sim_broker if address.sim else home.env_file
        raise NoApp(f"KITE_API_SECRET is not in {where}: put the secret of your Kite Connect app there")
    know({"api_secret": app.api_secret})
    return app


def _of_sim(home: Home) -> KiteApp:
    try:
        told = msgspec.json.decode(home.sim_broker.read_bytes(), type=_SimApp)
    except (FileNotFoundError, msgspec.MsgspecError) as gone:
        raise NoAddress(f"{home.sim_broker} does not tell where the simulated broker is: tarazu up") from gone
    return KiteApp(Secret(told.api_key), Secret(told.api_secret), told.login_url)


def _of_env(home: Home, address: BrokerAddress) -> KiteApp:
    try:
        secret = read_secrets(home).get(Name.KITE_API_SECRET)
    except BadSecrets as bad:
        raise NoAddress(str(bad)) from None
    query = urlencode({"v": "3", "api_key": address.api_key})
    return KiteApp(Secret(address.api_key), secret or Secret(""), f"{KITE_LOGIN}?{query}")
