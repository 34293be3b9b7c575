"""Questions to a simulated broker's admin port. It is on this machine: no proxy of the environment stands between."""

import http.client
from urllib.parse import urlsplit


def admin_answer(admin_url: str, path: str, timeout_s: float) -> bytes:
    """What `GET path` says. Raises OSError: nobody answers, not in time, not with 200, or not in HTTP; and for an
    address that is none."""
    try:
        place = urlsplit(admin_url)
        if place.scheme != "http" or not place.hostname:
            raise OSError(f"{admin_url} is no address of an admin port")
        line = http.client.HTTPConnection(place.hostname, place.port, timeout=timeout_s)
        try:
            line.request("GET", path)
            answer = line.getresponse()
            told = answer.read()
        finally:
            line.close()
    except (http.client.HTTPException, ValueError) as bad:
        raise OSError(f"{admin_url} is no admin port: {str(bad) or type(bad).__name__}") from bad
    if answer.status != http.client.OK:
        raise OSError(f"the broker's admin port answers {answer.status} to GET {path}")
    return told
