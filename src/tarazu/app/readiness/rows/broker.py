"""The broker: whether it knows us, until when, from where, by what clock."""

import http.client
import ipaddress
import socket
import urllib.request

from tarazu.adapters.kite_origin import origin_of
from tarazu.app.broker_address import BrokerAddress
from tarazu.app.readiness.clock_ask import SKEW_NS_MAX
from tarazu.app.readiness.look import ASK_S, Look
from tarazu.app.readiness.rows.row import block, ok, skip, unknown
from tarazu.app.session.standing import LOGIN, SessionState
from tarazu.app.settings import Settings
from tarazu.app.verdict import Check
from tarazu.model import ist
from tarazu.model.calendar import NotCovered
from tarazu.model.units import HOUR_NS, SECOND_NS

CHECK_SESSION = "tarazu session check"
ECHO_BYTES_MAX = 64


def token(look: Look, row: Check) -> Check:
    """The broker takes the token, asked once. What did not answer is not known, and never taken for a yes."""
    standing = look.standing
    if standing.state is SessionState.VALID:
        known = standing.issued
        since = f", issued {ist.stamp(known.at_ns)[:16]} IST" if known is not None else ""
        return ok(row, f"valid, user {standing.user_id}{since}")
    if standing.state is SessionState.INVALID:
        return block(row, standing.code, standing.detail, standing.hint or LOGIN)
    return unknown(row, standing.code, f"the session could not be tried: {standing.detail}", CHECK_SESSION)


def expiry(look: Look, row: Check) -> Check:
    """Kite ends every session at 06:00 IST: one that ends before today's close is none for today."""
    ends_ns = look.standing.expires_ns
    if ends_ns is None:
        return skip(row, "there is no session to end")
    try:
        session = look.session
    except NotCovered as beyond:
        return unknown(row, "NOT_COVERED", str(beyond))
    at, hours = ist.stamp(ends_ns)[:16], round((ends_ns - look.now_ns) / HOUR_NS, 1)
    seen = ok(row, f"ends {at} IST", observed=hours, unit="h left")
    if look.is_sim or session is None or ends_ns >= session.last_ns:
        return seen
    return block(
        seen, "TOKEN_DIES_FIRST", f"every session ends at {at} IST, before today's close", f"{LOGIN}, after {at[11:]}"
    )


def static_ip(look: Look, row: Check) -> Check:
    """Kite takes orders from the registered address alone (SEBI 2025/0000013, Kite since 1 April 2026)."""
    if not look.is_live:
        return skip(row, f"orders of the {look.home.profile} profile leave this machine for no broker")
    if isinstance(look.settings, str) or isinstance(look.address, str):
        return unknown(row, "NOT_LOOKED_AT", "without settings and an address nothing can be compared")
    wanted = look.settings.readiness.static_ip
    if not wanted:
        hint = (
            f"say [readiness] static_ip in {look.home.settings_file}: the address registered at developers.kite.trade"
        )
        return block(row, "NO_STATIC_IP", "it is not said which address is registered with Kite", hint)
    return _compared(row, wanted, _seen_ip(look.settings, look.address))


def skew(look: Look, row: Check) -> Check:
    """By up to five answers a fifth of a second apart: what is certain of it counts."""
    spread = look.broker_clock
    if isinstance(spread, str):
        return unknown(row, "CLOCK_UNKNOWN", spread, CHECK_SESSION)
    off, limit = spread.certain_ns / SECOND_NS, SKEW_NS_MAX / SECOND_NS
    seen = ok(row, f"known to {spread.uncertainty_ns / SECOND_NS:.2f} s", observed=round(off, 3), limit=limit, unit="s")
    if spread.certain_ns <= SKEW_NS_MAX:
        return seen
    side = "behind" if spread.offset_ns > 0 else "ahead of"
    return block(seen, "CLOCK_SKEW", f"this machine is {side} the broker's clock", "timedatectl; chronyc tracking")


def _compared(row: Check, wanted: str, found: str | OSError) -> Check:
    if isinstance(found, OSError):
        return unknown(
            row, "IP_UNKNOWN", f"our address is not known: {found}", "look at the network, or [readiness] ip_echo_url"
        )
    seen = ok(row, "", observed=found, limit=wanted)
    try:
        here, same = ipaddress.ip_address(found), ipaddress.ip_address(found) == ipaddress.ip_address(wanted)
    except ValueError:
        return unknown(
            row,
            "IP_UNKNOWN",
            f"{found[:40]!r} or {wanted!r} is no address",
            "look at [readiness] static_ip and ip_echo_url",
        )
    if same:
        return ok(row, f"{found}, as registered")
    if here.is_private:
        told = f"this machine is {found} behind a router, and what the broker sees is not known"
        return unknown(
            seen,
            "IP_UNKNOWN",
            told,
            "say [readiness] ip_echo_url: a page of yours or your provider's that tells the caller's address",
        )
    return block(
        seen,
        "STATIC_IP",
        "orders would come from an address that is not registered",
        "use the registered line, or register this one at developers.kite.trade",
    )


def _seen_ip(settings: Settings, address: BrokerAddress) -> str | OSError:
    """As the page of the settings says, else the address of this end of a connection to the broker."""
    try:
        if url := settings.readiness.ip_echo_url:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=ASK_S) as answer:
                return str(answer.read(ECHO_BYTES_MAX), "ascii", "replace").strip()
        origin = origin_of(address.rest_url)
        with socket.create_connection((origin.host, origin.port), timeout=ASK_S) as line:
            return str(line.getsockname()[0])
    except (OSError, ValueError, http.client.HTTPException) as failed:
        return failed if isinstance(failed, OSError) else OSError(f"{type(failed).__name__}: {failed}")
