"""Where the profile's broker is, and who we are to it. Secrets come from `.env` and nowhere else; none is shown."""

from pathlib import Path

import msgspec
from dotenv import dotenv_values

from tarazu.app.home import Home, Profile
from tarazu.app.settings import BadSettings, read_settings

# Kite v3 "Introduction" and "WebSocket streaming".
KITE_REST = "https://api.kite.trade"
KITE_WS = "wss://ws.kite.trade"


class NoAddress(LookupError):
    """It is not known where the broker is, or who we are to it; the message says what to do."""


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
    api_key = _env(home.env_file).get("KITE_API_KEY")
    if not api_key:
        raise NoAddress(f"KITE_API_KEY is not in {home.env_file}: put the key of your Kite Connect app there")
    return BrokerAddress(rest_url=KITE_REST, ws_url=KITE_WS, api_key=api_key)


def sim_address(home: Home) -> SimAddress:
    """Raises NoAddress, OSError."""
    try:
        return msgspec.json.decode(home.sim_broker.read_bytes(), type=SimAddress)
    except FileNotFoundError as absent:
        start = f"tarazu sim serve --ready-file {home.sim_broker}" if home.profile is Profile.PAPER else "tarazu up"
        raise NoAddress(f"no simulated broker is known: start one with `{start}`") from absent
    except msgspec.MsgspecError as bad:
        raise NoAddress(f"{home.sim_broker} is not a broker's address: {bad}") from bad


def access_token(home: Home, address: BrokerAddress) -> str | None:
    """Today's token; in sim the broker's own where `.env` has none. None: nobody has logged in. Raises NoAddress."""
    token = _env(home.env_file).get("KITE_ACCESS_TOKEN")
    return token or (address.sim.access_token if address.sim else None)


def _follows_sim(home: Home) -> bool:
    if home.profile is not Profile.PAPER:
        return False
    try:
        return read_settings(home.settings_file).paper.feed == "sim"
    except BadSettings as bad:
        raise NoAddress(str(bad)) from bad


def _env(path: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(path, interpolate=False) if path.exists() else {}
    except (OSError, UnicodeDecodeError) as bad:
        raise NoAddress(f"{path} cannot be read: {type(bad).__name__}; it is text, in UTF-8, and yours") from None
