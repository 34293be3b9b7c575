"""Kite's refusals: an `error_type` with its HTTP status and message, and the envelope they travel in.

Kite v3 "Exceptions and errors". The official client raises the class named by `error_type`, even on HTTP 200.
"""

from enum import StrEnum
from typing import Any

import msgspec


class ErrorType(StrEnum):
    TOKEN = "TokenException"
    PERMISSION = "PermissionException"
    USER = "UserException"
    ORDER = "OrderException"
    INPUT = "InputException"
    MARGIN = "MarginException"
    HOLDING = "HoldingException"
    NETWORK = "NetworkException"
    DATA = "DataException"
    GENERAL = "GeneralException"


class Refusal(msgspec.Struct, frozen=True):
    """The broker's no: what it sends instead of data. Nothing has changed when one is returned."""

    message: str
    error_type: ErrorType = ErrorType.INPUT
    status: int = 400
    data: Any = None

    def body(self) -> bytes:
        return msgspec.json.encode(
            {"status": "error", "message": self.message, "data": self.data, "error_type": self.error_type}
        )


def success(data: Any) -> bytes:
    """The envelope of an answer; `data` may not be None where the official client iterates it."""
    return msgspec.json.encode({"status": "success", "data": data})


BAD_TOKEN = Refusal("Incorrect `api_key` or `access_token`.", ErrorType.TOKEN, 403)
TOO_MANY_REQUESTS = Refusal("Too many requests", ErrorType.NETWORK, 429)
PROTECTION_REQUIRED = Refusal(
    "Market orders without market protection are not allowed via API. "
    "Please set market protection or use a Limit order."
)
BEING_PROCESSED = Refusal("Order cannot be modified as it is being processed. Try later.")
TOO_MANY_MODIFICATIONS = Refusal("Maximum allowed order modifications exceeded.")
TOO_MANY_ORDERS = Refusal("Maximum allowed order requests exceeded.")
