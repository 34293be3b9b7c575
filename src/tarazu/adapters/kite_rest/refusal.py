"""Why an answer is none: Kite's envelope, the status, or what stands before Kite."""

from collections.abc import Callable

from tarazu.adapters.kite_rest.credentials import LOGIN
from tarazu.adapters.kite_rest.errors import BrokerFailed, RestError, Throttled, TokenRefused
from tarazu.adapters.kite_rest.line import Answer
from tarazu.wire.kite_answers import Declined, read_envelope
from tarazu.wire.kite_errors import ErrorType

MESSAGE_CHARS_MAX = 200


def refusal_of(answer: Answer, conceal: Callable[[str], str]) -> RestError | None:
    """None for a 200 that is no refusal. Kite's word counts before the status; it says no with 200, too."""
    told = read_envelope(answer.body) if answer.body.lstrip()[:1] == b"{" else None
    declined = isinstance(told, Declined)
    error_type, message = (told.error_type, told.message) if isinstance(told, Declined) else ("", looks(answer.body))
    message = conceal(message)[:MESSAGE_CHARS_MAX]
    if error_type == ErrorType.TOKEN:
        return TokenRefused(f"{message} ({LOGIN})")
    if answer.status == 429:
        return Throttled(f"{message}; what else uses this API key?")
    if 300 <= answer.status < 400:
        return BrokerFailed(answer.status, error_type, "a redirect, not followed with credentials; is this the broker?")
    if answer.status != 200 or declined:
        return BrokerFailed(answer.status, error_type, f"{message}; try again, and look at Kite's status page")
    return None


def looks(body: bytes) -> str:
    """What a body is to the eye, without quoting it."""
    kinds = {b"": "an empty body", b"<": "an HTML page", b"{": "JSON"}
    return kinds.get(body.lstrip()[:1], "a body of another kind")
