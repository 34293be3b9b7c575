"""What the `rest.*` faults do to a request: which one strikes, whether the broker acts on it, what the client sees."""

from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.sim.dice import Dice
from tarazu.sim.faults import Fault, Faults
from tarazu.sim.front.http import JSON, Response, http_date, refused
from tarazu.wire.kite_errors import TOO_MANY_REQUESTS, ErrorType, Refusal

# In this order one is chosen; the others wait for another request.
KINDS = (
    "rest.hangup",
    "rest.timeout",
    "rest.throttle",
    "rest.status",
    "rest.html",
    "rest.garbage",
    "rest.hangup_after",
    "rest.timeout_after",
)

# Facts KITE.md 1.2: the class Kite names with a status.
ERROR_TYPE_OF_STATUS = {
    400: ErrorType.INPUT,
    403: ErrorType.TOKEN,
    428: ErrorType.HOLDING,
    429: ErrorType.NETWORK,
    502: ErrorType.DATA,
    503: ErrorType.NETWORK,
}
HTML_PAGE = b"<html><head><title>%d</title></head><body><center><h1>%d</h1></center><hr></body></html>\r\n"
BROKEN_JSON = b'{"status":"success","data":{"order_id":"15'


def chosen(faults: Faults, now_ns: int, subject: dict[str, str]) -> Fault | None:
    """The fault that strikes this request, if one does."""
    if not faults.armed():
        return None
    for kind in KINDS:
        fault = faults.strike(kind, now_ns, **subject)
        if fault is not None:
            return fault
    return None


def acts(fault: Fault | None) -> bool:
    """Whether the broker carries the request out all the same."""
    return fault is None or fault.kind.endswith("_after") or bool(fault.params.get("after", False))


def instead(fault: Fault) -> Response:
    """What the client gets in place of the answer."""
    if fault.kind.startswith("rest.hangup"):
        return Response(0, "", b"", hangup=True)
    if fault.kind.startswith("rest.timeout"):
        return Response(0, "", b"", delay_ns=round(fault.number("hang_s") * SECOND_NS), hangup=True)
    if fault.kind == "rest.throttle":
        return refused(TOO_MANY_REQUESTS)
    if fault.kind == "rest.garbage":
        return Response(200, JSON, BROKEN_JSON)
    status = round(fault.number("status"))
    if fault.kind == "rest.html":
        return Response(status, "text/html", HTML_PAGE % (status, status))
    error_type = ERROR_TYPE_OF_STATUS.get(status, ErrorType.GENERAL)
    return refused(Refusal("Something went wrong on our side. Please try again.", error_type, status))


def dated(response: Response, faults: Faults, dice: Dice, nth: int, now_ns: int, subject: dict[str, str]) -> Response:
    """The `nth` response with its Date header: skewed, and slow, where a fault says so."""
    skew = slow = None
    if faults.armed():
        skew = faults.strike("rest.clock_skew", now_ns, **subject)
        slow = faults.strike("rest.latency", now_ns, **subject)
    shown_ns = now_ns + (round(skew.number("by_s") * SECOND_NS) if skew else 0)
    return Response(
        status=response.status,
        content_type=response.content_type,
        body=response.body,
        headers={**response.headers, "date": http_date(shown_ns)},
        delay_ns=response.delay_ns + (_latency_ns(slow, dice, nth) if slow else 0),
        hangup=response.hangup,
    )


def _latency_ns(fault: Fault, dice: Dice, nth: int) -> int:
    low, high = sorted((round(fault.number("min_ms")), round(fault.number("max_ms"))))
    return dice.between(low, high, "rest.latency", fault.id, nth) * MILLISECOND_NS
