"""Where the sim profile's own broker lives: its state, its day and its ports, chosen once and kept.

A broker that dies and is started again is then the same broker at the same address, and so is the one of the next
`tarazu up`: its market goes on at the moment at which it was stopped. Other settings are another broker beside it.
"""

import hashlib
import socket
from pathlib import Path

import msgspec

from tarazu import __version__
from tarazu.app.home import Home
from tarazu.app.settings import SimSettings
from tarazu.app.supervision.private_file import replace_private

LOOPBACK = "127.0.0.1"


class SimPlace(msgspec.Struct, frozen=True, kw_only=True):
    state: str
    """Its folder, within the home's."""
    day: str
    """`YYYY-MM-DD`: the day its market began with."""
    rest_port: int
    ws_port: int
    admin_port: int

    def words(self, sim: SimSettings) -> tuple[str, ...]:
        """The flags of `tarazu sim serve`."""
        flags = {
            "--rest-port": self.rest_port,
            "--ws-port": self.ws_port,
            "--admin-port": self.admin_port,
            "--scenario": sim.scenario,
            "--rules": sim.rules,
            "--seed": sim.seed,
            "--speed": sim.speed,
            "--session": sim.session,
            "--size": sim.size,
            "--step-ms": sim.step_ms,
            "--cash": sim.cash,
            "--day": self.day,
            "--state": self.state,
        }
        at = () if sim.at is None else ("--at", sim.at)
        return (*(str(word) for pair in flags.items() for word in pair), *at)


def kept_place(home: Home, sim: SimSettings) -> SimPlace | None:
    """The place of a broker with these settings; None when there never was one. Raises OSError."""
    path = _path(home, sim)
    return msgspec.json.decode(path.read_bytes(), type=SimPlace) if path.exists() else None


def place_to_start(home: Home, sim: SimSettings) -> SimPlace:
    """The kept place, with other ports where somebody has taken one of them meanwhile; a new one the first time.

    Call it only while the broker does not run. Raises OSError, and `sim_options.BadOptions` for settings that make no
    broker.
    """
    kept = kept_place(home, sim)
    if kept is not None and _all_free(kept.rest_port, kept.ws_port, kept.admin_port):
        return kept
    rest, ws, admin = _free_ports(3)
    path = _path(home, sim)
    day = kept.day if kept else _first_day(sim)
    place = SimPlace(state=f"{path.parent.name}/{path.stem}", day=day, rest_port=rest, ws_port=ws, admin_port=admin)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    replace_private(path, msgspec.json.encode(place).decode())
    return place


def _path(home: Home, sim: SimSettings) -> Path:
    """Named by all that makes its market another one; how fast time passes does not. Another version of tarazu may
    trade differently, so it begins anew."""
    lasting = msgspec.structs.replace(sim, speed=1.0)
    key = hashlib.sha256(msgspec.json.encode((__version__, lasting))).hexdigest()[:8]
    return home.root / "sim_broker" / f"{sim.scenario}-{sim.size}-{sim.session}-{key}.json"


def _first_day(sim: SimSettings) -> str:
    from tarazu.app.sim_broker.options import SimOptions, opening, refuse, today_ist

    options = SimOptions(
        rules=sim.rules,
        scenario=sim.scenario,
        seed=sim.seed,
        speed=sim.speed,
        session=sim.session,
        at=sim.at,
        day=sim.day,
        size=sim.size,
        step_ms=sim.step_ms,
    )
    refuse(options)
    return str(opening(options, today_ist()).day)


def _free_ports(count: int) -> list[int]:
    """All held at once while they are chosen, so that no two are the same."""
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind((LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in held]
    finally:
        for each in held:
            each.close()


def _all_free(*ports: int) -> bool:
    return all(_is_free(port) for port in ports)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # what the broker sets: old connections do not count
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
        return True
