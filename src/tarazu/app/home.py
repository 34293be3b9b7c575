"""Where a desk's state lives: one folder a profile, and nothing shared between profiles.

$TARAZU_HOME/<profile>/      default var/ in the working directory
  tarazu.toml                settings; none means the defaults
  feed_breaker.json          the reconnect breaker, which only a person closes
  .env                       the secrets, mode 0600: the one source of today's access token
  masters/                   instrument masters, a file a day; replaced ones by their hash
  feed/<day>/                the feed log
  journal/<day>/             the engine's journal
  database.sqlite            a view of the journal; tarazu db rebuild makes it
  desk/<day>.jsonl           what people and commands did, chained (`runtime.desk_record`)
  alerts/                    alerts on their way, and what became of them
  incidents/                 bundles
  runbook/<run>/             what the steps of a runbook printed
  models/<name>/             models by their hash, and which one is active
  flags/                     the flags' versions, and which one is active
  closes/<day>/              what the close of a day made: reconciliation, audit, trade log, statistics
  backups/                   signed backups; better on another disk ([backup] folder)
  archive/                   logs and desk records of past days, compressed, with checksums
  keys/                      what the journal is signed with
  shipping.json              which copy on another disk is this home's ([ship] to)
  run/                       what running processes say of themselves; may be deleted while nothing runs
  logs/                      what processes print
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec


class Profile(StrEnum):
    """Fixed at process start; every line of output names it."""

    SIM = "sim"
    PAPER = "paper"
    LIVE = "live"


class BadProfile(ValueError):
    """No such profile; the message is for the user."""


class Home(msgspec.Struct, frozen=True):
    """The folder of one profile; absolute. Nothing is made by asking for a path."""

    profile: Profile
    root: Path

    @property
    def settings_file(self) -> Path:
        return self.root / "tarazu.toml"

    @property
    def env_file(self) -> Path:
        return self.root / ".env"

    @property
    def masters(self) -> Path:
        return self.root / "masters"

    @property
    def feed(self) -> Path:
        return self.root / "feed"

    @property
    def journal(self) -> Path:
        return self.root / "journal"

    @property
    def models(self) -> Path:
        """What strategies are gated by (`app.models`)."""
        return self.root / "models"

    @property
    def flags(self) -> Path:
        """The flags' versions (`app.flags`)."""
        return self.root / "flags"

    @property
    def closes(self) -> Path:
        """A folder a day: what its close made."""
        return self.root / "closes"

    @property
    def backups(self) -> Path:
        """Where backups go that are told no other folder."""
        return self.root / "backups"

    @property
    def archive(self) -> Path:
        """Logs and records of past days, compressed."""
        return self.root / "archive"

    @property
    def desk(self) -> Path:
        """The record of what people and commands did (`runtime.desk_record`)."""
        return self.root / "desk"

    @property
    def alerts(self) -> Path:
        return self.root / "alerts"

    @property
    def incidents(self) -> Path:
        return self.root / "incidents"

    @property
    def runbook(self) -> Path:
        return self.root / "runbook"

    @property
    def keys(self) -> Path:
        """The journal's signing key, and its verifier key to be kept elsewhere."""
        return self.root / "keys"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def feed_health(self) -> Path:
        """What depth_ws says of itself (`app.depth_ws.health`), replaced whole several times a second."""
        return self.run / "feed_health.json"

    @property
    def feed_breaker(self) -> Path:
        """In no folder that may be deleted: only a person's word closes it."""
        return self.root / "feed_breaker.json"

    @property
    def main_health(self) -> Path:
        """What main says of itself (`app.main.health`), replaced whole twice a second."""
        return self.run / "main_health.json"

    @property
    def watchdog_health(self) -> Path:
        """What the watchdog says of itself, replaced whole twice a second."""
        return self.run / "watchdog_health.json"

    @property
    def main_socket(self) -> Path:
        """Where main is told what to do (`app.main.inbox`)."""
        return self.run / "main.sock"

    @property
    def market(self) -> Path:
        """The market state as memory that others map; another file after every start of depth_ws."""
        return self.run / "market.state"

    @property
    def sim_broker(self) -> Path:
        """Where the sim profile's broker is: the first line it printed."""
        return self.run / "sim_broker.json"

    def make(self) -> None:
        """The folders that processes write to. Secrets and state are nobody else's: mode 0700."""
        for folder in (self.root, self.masters, self.feed, self.run, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def home(profile: str | None = None, environ: Mapping[str, str] = os.environ) -> Home:
    """The profile asked for, else TARAZU_PROFILE, else sim. Raises BadProfile."""
    name = profile or environ.get("TARAZU_PROFILE") or Profile.SIM
    try:
        chosen = Profile(name)
    except ValueError as bad:
        raise BadProfile(f"no profile {name!r}; there are: {', '.join(Profile)}") from bad
    return Home(chosen, Path(environ.get("TARAZU_HOME") or "var").absolute() / chosen)
