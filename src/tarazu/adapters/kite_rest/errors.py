"""What can come of a question to Kite's REST but an answer. All are of a GET: to ask again does no harm.

No message carries a token, whatever the broker or a proxy echoes.
"""


class RestError(Exception):
    """The message is for people and says what to do."""


class TokenRefused(RestError):
    """The broker does not know this access token (any more), or there is none."""


class Throttled(RestError):
    """Asked too often; nothing was answered."""


class Unreachable(RestError):
    """No name, TCP, TLS or answer in time. Whether the broker saw the question is not known."""


class BrokerFailed(RestError):
    """The broker, or what stands before it, said no for another reason."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        """`error_type` is empty where the answer did not come in Kite's envelope."""
        kind = f" {error_type}" if error_type else ""
        super().__init__(f"the broker answered {status}{kind}: {message}")
        self.status, self.error_type, self.message = status, error_type, message


class BadAnswer(RestError):
    """200, and not what was asked for: a page, a broken or short body, another shape. None of it was used."""
