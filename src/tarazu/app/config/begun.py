"""A home to begin with: its folders, a tarazu.toml and a .env; what is there already is left as it is."""

import os
from enum import StrEnum
from pathlib import Path

import msgspec

from tarazu.app.config.template import template
from tarazu.app.home import Home, Profile
from tarazu.app.secrets.store import sealed_file

_ENV = """\
# Credentials of the {profile} profile: the one source of them, mode 0600. Nothing else reads or keeps them.
# KITE_ACCESS_TOKEN and KITE_TOKEN_ISSUED are written by: tarazu session login --prompt-token --update-env
{kite}
# Where alerts go: apprise addresses, a space between. The second list has what nobody has acknowledged.
# TARAZU_ALERT_URLS=
# TARAZU_ALERT_ESCALATION_URLS=
"""
_KITE = """
# Of your app at https://developers.kite.trade
KITE_API_KEY=
KITE_API_SECRET=
"""
_SIM = """
# The simulated broker needs none: its own key and token are used where there are none here.
"""


class Did(StrEnum):
    MADE = "made"
    KEPT = "kept"
    """It was there."""


class Begun(msgspec.Struct, frozen=True):
    path: Path
    did: Did


def begin(home: Home) -> tuple[Begun, ...]:
    """Raises OSError. A file is whole, or not there."""
    home.make()
    env = sealed_file(home) if sealed_file(home).exists() else home.env_file
    kite = _SIM if home.profile is Profile.SIM else _KITE
    return (
        _file(home.settings_file, template(home.profile)),
        _file(env, _ENV.format(profile=home.profile, kite=kite)),
    )


def _file(path: Path, text: str) -> Begun:
    """Linked into place: of two that begin at once one makes it, and neither overwrites."""
    if path.exists():
        return Begun(path, Did.KEPT)
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)
    except FileExistsError:
        return Begun(path, Did.KEPT)
    finally:
        beside.unlink(missing_ok=True)
    return Begun(path, Did.MADE)
