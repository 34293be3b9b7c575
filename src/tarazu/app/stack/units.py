"""systemd units of one profile: the supervisor as a service, looked after by systemd, and an alarm for when it is not.

systemd begins the supervisor and begins it again when it dies; the supervisor does so for the processes. A start of the
machine brings up what was there, and no more than that: main of the live profile takes today's READY and a person's
TARAZU_ALLOW_LIVE, neither of which is in a unit.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tarazu.app.home import Home, Profile
from tarazu.app.supervision.conf import python_words

STOP_S = 120
"""`tarazu down all` waits 20 s for main, 15 s for cancellations, and for three more processes."""

CACHE = Path("/var/cache")
"""Where systemd makes `CacheDirectory=` of a system service (systemd.exec(5))."""
WARM = "import tarazu.app.depth_ws.running, tarazu.app.main.running, tarazu.app.watchdog.running"
"""Compiles what they compile at a first start, so that none of them is late for it."""

# RELIABILITY 8. systemd has no growing pause between tries before v254: after four in five minutes it gives up.
_TRIES = {"StartLimitIntervalSec": "300", "StartLimitBurst": "4"}

_EVERYWHERE = {
    "UMask": "0077",
    "LimitNOFILE": "4096",
    "LimitCORE": "0",
    "NoNewPrivileges": "yes",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
}
# What systemd of a user may not give.
_OF_SYSTEM = {
    "OOMScoreAdjust": "-500",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "read-only",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectControlGroups": "yes",
    "CapabilityBoundingSet": "",
}


def name_of(profile: Profile) -> str:
    return f"tarazu-{profile}"


def units(home: Home, *, user: str | None) -> dict[str, str]:
    """File name to text. `user`: whose processes they are, of a system service; None: a unit of the user's own systemd.

    The Python is the one that asks, by its name in its environment.
    """
    name = name_of(home.profile)
    return {f"{name}.service": _service(home, user), f"{name}-alarm.service": _alarm(home, user)}


def quoted(word: str) -> str:
    """As one word of a command line: `systemd.service(5)` "Command lines", `systemd.unit(5)` "Specifiers"."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return word if re.fullmatch(r"[\w./:=-]+", word) else f'"{escaped}"'


def _service(home: Home, user: str | None) -> str:
    unit = {
        "Description": f"tarazu, the {home.profile} desk",
        "Wants": "network-online.target",
        "After": "network-online.target",
        "OnFailure": f"{name_of(home.profile)}-alarm.service",
        **_TRIES,
    }
    service = {
        "Type": "exec",
        **_whose(home, user),
        **({"ExecStartPre": "-" + _line("-c", WARM)} if user else {}),
        "ExecStart": _line("-m", "tarazu.app.supervision.serve", "--profile", home.profile),
        # A failure is told by `tarazu status`, and is none of the supervisor's.
        "ExecStartPost": "-" + _line("-m", "tarazu", "up", "--profile", home.profile),
        "ExecStop": _stop(home),
        "TimeoutStartSec": "600",
        "TimeoutStopSec": str(STOP_S),
        "Restart": "on-failure",
        "RestartSec": "2",
        **_EVERYWHERE,
        **(_of_system(home) if user else {}),
    }
    return _file({"Unit": unit, "Service": service, "Install": {"WantedBy": _target(user)}})


def _alarm(home: Home, user: str | None) -> str:
    """An incident, which is an alert: systemd has given the supervisor up, and nothing starts the processes again."""
    told = "systemd has given up the supervisor of the desk: nothing starts its processes again"
    words = ("incident", "open", "--severity", "SEV1", "--code", "SUPERVISOR_DOWN", "--detail", told)
    unit = {"Description": f"tarazu, the {home.profile} desk's supervisor is down"}
    service = {
        "Type": "oneshot",
        **_whose(home, user),
        "ExecStart": _line("-m", "tarazu", *words, "--profile", home.profile),
        "UMask": "0077",
    }
    return _file({"Unit": unit, "Service": service})


def _whose(home: Home, user: str | None) -> dict[str, str]:
    """No secret is in it, and nothing that lets a live desk trade."""
    environ = [
        f"TARAZU_HOME={home.root.parent}",
        *([f"NUMBA_CACHE_DIR={CACHE / name_of(home.profile)}"] if user else []),
    ]
    where = {"WorkingDirectory": _path(home.root.parent), "Environment": " ".join(map(quoted, environ))}
    return where | ({"User": user} if user else {})


def _of_system(home: Home) -> dict[str, str]:
    """The checkout and the home folders do not change under it: compiled kernels have a folder of their own."""
    writes = {"ReadWritePaths": quoted(str(home.root.parent)), "CacheDirectory": name_of(home.profile)}
    return {**_OF_SYSTEM, **writes, "CacheDirectoryMode": "0700"}


def _stop(home: Home) -> str:
    """`down all` says 1 where positions or stops are left, which is no failure of the service: it would be an alarm at
    every overnight stop. `SuccessExitStatus=` is not heeded for ExecStop (systemd.service(5))."""
    down = python_words(["-m", "tarazu", "down", "all", "--profile", home.profile])
    return " ".join(["/bin/sh", "-c", quoted('"$0" "$@" || [ $? -eq 1 ]'), *map(quoted, down)])


def _target(user: str | None) -> str:
    return "multi-user.target" if user else "default.target"


def _line(*words: str) -> str:
    return " ".join(quoted(word) for word in python_words(words))


def _path(path: Path) -> str:
    return str(path).replace("%", "%%")


def _file(sections: Mapping[str, Mapping[str, str]]) -> str:
    def lines(name: str, options: Mapping[str, str]) -> Sequence[str]:
        return [f"[{name}]", *(f"{option}={value}" for option, value in options.items()), ""]

    return "\n".join(line for name, options in sections.items() for line in lines(name, options))
