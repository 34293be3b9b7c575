"""The request token: asked for without echo, read from a pipe, or in sim had of the broker's own page."""

import getpass
import http.client
import sys
import warnings
from urllib.parse import urlsplit

from tarazu.app.secrets.secret import Secret
from tarazu.app.session.kite_app import KiteApp
from tarazu.app.session.pasted import CHARS_MAX, BadPaste, request_token

TIMEOUT_S = 10.0
_PROMPT = "redirect address or request token (not shown): "


def pasted_token(app: KiteApp) -> Secret:
    """What a person pastes; from a pipe its first line. Raises BadPaste."""
    if sys.stdin is None or not sys.stdin.isatty():
        return request_token(sys.stdin.readline(CHARS_MAX + 2) if sys.stdin else "")
    print(f"log in here:  {app.login_url}\nand paste the address that the browser ends at.", file=sys.stderr)
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)  # it would be echoed
        try:
            return request_token(getpass.getpass(_PROMPT, stream=sys.stderr))
        except (EOFError, getpass.GetPassWarning):
            raise BadPaste("there is no terminal that could be asked without echo; pipe the token in") from None


def token_of_sim(app: KiteApp) -> Secret:
    """The simulated broker's login page says yes to everybody. Raises BadPaste."""
    url = urlsplit(app.login_url)
    if url.hostname is None:
        raise BadPaste("this simulated broker has no login page: give its token with --prompt-token")
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", f"{url.path}?{url.query}")
        where = connection.getresponse().getheader("Location", "")
    except (OSError, http.client.HTTPException) as away:
        raise BadPaste(f"the simulated broker's login page does not answer: {type(away).__name__}") from None
    finally:
        connection.close()
    return request_token(where)
