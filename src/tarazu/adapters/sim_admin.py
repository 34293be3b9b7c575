"""Questions to a simulated broker's admin port. It is on this machine: no proxy of the environment stands between."""

import re
import socket

from tarazu.adapters.local_http import exchange

_ADDRESS = re.compile(r"http://([A-Za-z0-9.-]+):(\d{1,5})/?")
OK = 200


def admin_answer(admin_url: str, path: str, timeout_s: float) -> bytes:
    """What `GET path` says. Raises OSError: nobody answers, not in time, not with 200, or not in HTTP; and for an
    address that is none."""
    place = _ADDRESS.fullmatch(admin_url)
    if place is None or int(place[2]) > 0xFFFF:
        raise OSError(f"{admin_url} is no address of an admin port")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.settimeout(timeout_s)
        line.connect((place[1], int(place[2])))
        status, told = exchange(line, "GET", path, timeout_s=timeout_s)
    if status != OK:
        raise OSError(f"the broker's admin port answers {status} to GET {path}")
    return told
