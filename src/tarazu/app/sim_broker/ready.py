"""What a simulated broker says of itself once it serves: its first line, and the file that holds the same line."""

from pathlib import Path

import msgspec

from tarazu import __version__
from tarazu.app.supervision.private_file import replace_private


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a client needs, the simulated app's secrets included."""

    rest_port: int
    ws_port: int
    admin_port: int
    rest_url: str
    ws_url: str
    admin_url: str
    user_id: str
    api_key: str
    api_secret: str
    access_token: str
    request_token: str
    login_url: str
    """Answers with a redirect that carries a fresh request token, as Kite's login page does in the end."""
    day: str
    now_ist: str
    rules: str
    session: str
    """Of `sim_options.SESSIONS`."""
    scenario: str
    seed: int
    version: str = __version__


def first_line(ready: Ready) -> str:
    return msgspec.json.encode(ready).decode() + "\n"


def keep(path: Path, ready: Ready) -> None:
    """Put the line there at once, for its owner alone: it holds secrets."""
    replace_private(path, first_line(ready))


def forget(path: Path, ready: Ready) -> None:
    """Take our own line away; another broker's stays."""
    if path.exists() and path.read_text() == first_line(ready):
        path.unlink()
