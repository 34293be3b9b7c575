"""What the gate has said to a home."""

from tarazu.app.home import Home
from tarazu.app.readiness.receipt import Receipt, verdicts


def todays_receipt(home: Home, now_ns: int) -> Receipt | None:
    """The last READY of that day."""
    return next((one for one in reversed(verdicts(home, now_ns)) if one.ready), None)
