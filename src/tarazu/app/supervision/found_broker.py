"""A simulated broker that runs already: asked whether it is there; when the environment names one, taken for ours."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tarazu.adapters.sim_admin import admin_answer
from tarazu.app.broker_address import NoAddress, sim_address
from tarazu.app.home import Home
from tarazu.app.supervision.private_file import replace_private

ASK_S = 3.0

# What `tarazu sim run` sets for its command, by the name in a broker's first line.
NAMED = {
    "rest_url": "KITE_ROOT",
    "ws_url": "KITE_WS_ROOT",
    "admin_url": "KITE_ADMIN_ROOT",
    "api_key": "KITE_API_KEY",
    "access_token": "KITE_ACCESS_TOKEN",
}
ALSO = {"api_secret": "KITE_API_SECRET", "login_url": "KITE_LOGIN_URL"}


def is_named(environ: Mapping[str, str]) -> bool:
    """Whether the environment is that of a command of `tarazu sim run`."""
    return "KITE_ADMIN_ROOT" in environ


def named_broker(environ: Mapping[str, str]) -> dict[str, Any]:
    """The broker of the environment as its first line would tell it, once it has answered.

    Raises NoAddress when the environment is incomplete, or no such broker answers.
    """
    missing = [name for name in NAMED.values() if not environ.get(name)]
    if missing:
        raise NoAddress(f"KITE_ADMIN_ROOT is set and {', '.join(missing)} is not: set all, or none")
    told = {key: environ[name] for key, name in (NAMED | ALSO).items() if environ.get(name)}
    status = ask_status(told["admin_url"])
    if status is None:
        away = f"the broker in the environment does not answer at {told['admin_url']}"
        raise NoAddress(f"{away}: unset KITE_ADMIN_ROOT to use the profile's own")
    if (status["rest_url"], status["ws_url"]) != (told["rest_url"], told["ws_url"]):
        raise NoAddress(f"KITE_ROOT and KITE_WS_ROOT are not those of the broker at {told['admin_url']}")
    return told | {name: status[name] for name in ("rules", "session", "scenario", "seed", "version", "day")}


def adopt(home: Home, told: dict[str, Any]) -> None:
    """From now on this is the profile's broker."""
    replace_private(home.sim_broker, msgspec.json.encode(told).decode() + "\n")


def is_known(home: Home, told: dict[str, Any]) -> bool:
    """Whether it is the profile's broker already."""
    try:
        address = sim_address(home)
    except NoAddress:
        return False
    return all(getattr(address, name) == told[name] for name in NAMED)


def answers(home: Home) -> bool:
    """Whether the profile's broker is there, and is the one that we have the address of."""
    try:
        address = sim_address(home)
    except NoAddress:
        return False
    status = ask_status(address.admin_url)
    return status is not None and status["rest_url"] == address.rest_url


def ask_status(admin_url: str) -> dict[str, Any] | None:
    """What its admin port says; None when no simulated broker answers there."""
    try:
        status = msgspec.json.decode(admin_answer(admin_url, "/status", ASK_S))
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    known = isinstance(status, dict) and {"rest_url", "ws_url", "rules", "session"} <= status.keys()
    return status if known else None
