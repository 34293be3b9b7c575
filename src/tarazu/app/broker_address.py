"""Where the profile's broker is, and who we are to it. Secrets come from `.env` and nowhere else; none is shown."""

import msgspec

from tarazu.app.home import Home, Profile
from tarazu.app.redaction import know
from tarazu.app.secrets.store import BadSecrets, Name, Secret, Secrets, read_secrets

# Kite v3 "Introduction" and "WebSocket streaming".
KITE_REST = "https://api.kite.trade"
KITE_WS = "wss://ws.kite.trade"


class NoAddress(LookupError):
    """It is not known where the broker is, or who we are to it; the message says what to do."""


class NoApp(NoAddress):
    """The profile's `.env` has no key, or no secret, of a Kite Connect app."""


class SimAddress(msgspec.Struct, frozen=True, kw_only=True):
    """What `tarazu sim serve` says of itself in its first line, and we keep in `home.sim_broker`."""

    rest_url: str
    ws_url: str
    admin_url: str
    api_key: str
    access_token: str
    rules: str = "nse-2026"
    session: str = "full"

    def __repr__(self) -> str:
        return f"SimAddress(rest_url={self.rest_url!r}, ws_url={self.ws_url!r})"


class BrokerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """`sim` is None where the broker is Kite itself."""

    rest_url: str
    ws_url: str
    api_key: str
    sim: SimAddress | None = None


def broker_address(home: Home) -> BrokerAddress:
    """Of orders and market; of a paper desk the market's alone. Raises NoAddress, OSError."""
    if home.profile is Profile.SIM or _follows_sim(home):
        sim = sim_address(home)
        return BrokerAddress(rest_url=sim.rest_url, ws_url=sim.ws_url, api_key=sim.api_key, sim=sim)
    api_key = _secrets(home).get(Name.KITE_API_KEY)
    if api_key is None:
        raise NoApp(f"KITE_API_KEY is not in {home.env_file}: put the key of your Kite Connect app there")
    return BrokerAddress(rest_url=KITE_REST, ws_url=KITE_WS, api_key=api_key.reveal())


def sim_address(home: Home) -> SimAddress:
    """Raises NoAddress, OSError."""
    try:
        sim = msgspec.json.decode(home.sim_broker.read_bytes(), type=SimAddress)
    except FileNotFoundError as absent:
        start = f"tarazu sim serve --ready-file {home.sim_broker}" if home.profile is Profile.PAPER else "tarazu up"
        raise NoAddress(f"no simulated broker is known: start one with `{start}`") from absent
    except msgspec.MsgspecError as bad:
        raise NoAddress(f"{home.sim_broker} is not a broker's address: {bad}") from bad
    know({"sim.api_key": Secret(sim.api_key), "sim.access_token": Secret(sim.access_token)})
    return sim


def access_token(home: Home, address: BrokerAddress) -> str | None:
    """Today's token; of a simulated broker its own where `.env` has none, or one with another broker's key. None:
    nobody has logged in. Raises NoAddress."""
    secrets = _secrets(home)
    key, token = secrets.get(Name.KITE_API_KEY), secrets.get(Name.KITE_ACCESS_TOKEN)
    if address.sim is None:
        return token.reveal() if token else None
    of_another = key is not None and key.reveal() != address.api_key  # of a broker that was here before
    return token.reveal() if token and not of_another else address.sim.access_token


def _follows_sim(home: Home) -> bool:
    if home.profile is not Profile.PAPER:
        return False
    from tarazu.app.settings import BadSettings, read_settings  # here: a sim desk's looks ask for no settings

    try:
        return read_settings(home.settings_file).paper.feed == "sim"
    except BadSettings as bad:
        raise NoAddress(str(bad)) from bad


def _secrets(home: Home) -> Secrets:
    try:
        return read_secrets(home)
    except BadSecrets as bad:
        raise NoAddress(str(bad)) from None
