"""Login, logout, profile and funds."""

from typing import Any
from urllib.parse import quote, urlencode

from tarazu.model import ist
from tarazu.model.instrument import Exchange
from tarazu.model.order import OrdType, Product
from tarazu.sim.front.call import Call, Route
from tarazu.sim.front.forms import body_form, query_form
from tarazu.sim.front.http import Response, data, redirect
from tarazu.sim.front.sessions import BAD_API_KEY, STALE_TOKEN, Login
from tarazu.wire.kite_errors import Refusal
from tarazu.wire.kite_session import Profile, UserSession

EXCHANGES = tuple(exchange.value for exchange in (Exchange.NSE, Exchange.BSE, Exchange.NFO, Exchange.BFO))
PRODUCTS = tuple(product.value for product in (Product.CNC, Product.NRML, Product.MIS, Product.CO))
ORDER_TYPES = tuple(order_type.value for order_type in OrdType)

REDIRECT_PARAMS_CHARS_MAX = 2000


def login_page(call: Call) -> Response | Refusal:
    """`GET /connect/login`: no page; the user is taken to have said yes and is sent on with a token."""
    form = query_form(call.request)
    api_key = form.text("api_key")
    extra = form.text("redirect_params", "", chars_max=REDIRECT_PARAMS_CHARS_MAX)
    if form.refusal is not None:
        return form.refusal
    token = call.sessions.request_token(api_key, call.now_ns)
    if token is None:
        return BAD_API_KEY
    target = call.sessions.apps[api_key].redirect_url
    granted = urlencode({"action": "login", "type": "login", "status": "success", "request_token": token})
    query = f"{quote(extra, safe='=&%+')}&{granted}" if extra else granted
    return redirect(f"{target}{'&' if '?' in target else '?'}{query}")


def create_session(call: Call) -> Response | Refusal:
    """`POST /session/token`: a request token and its checksum for an access token. No checksum is a wrong one."""
    form = body_form(call.request)
    given = form.text("api_key"), form.text("request_token"), form.text("checksum", "", chars_max=128)
    if form.refusal is not None:
        return form.refusal
    login = call.sessions.exchange(*given, call.now_ns)
    return login if isinstance(login, Refusal) else data(session_row(login))


def renew_session(call: Call) -> Response | Refusal:
    """`POST /session/refresh_token`, for approved platforms."""
    form = body_form(call.request)
    given = form.text("api_key"), form.text("refresh_token"), form.text("checksum", "", chars_max=128)
    if form.refusal is not None:
        return form.refusal
    login = call.sessions.renew(*given, call.now_ns)
    if isinstance(login, Refusal):
        return login
    renewed = {"user_id": login.user_id, "access_token": login.access_token, "refresh_token": login.refresh_token}
    return data(renewed)


def end_session(call: Call) -> Response | Refusal:
    """`DELETE /session/token` with an access token, or a refresh token, to invalidate."""
    form = query_form(call.request)
    api_key = form.text("api_key")
    refreshes = form.has("refresh_token")
    token = form.text("refresh_token" if refreshes else "access_token")
    if form.refusal is not None:
        return form.refusal
    if refreshes:
        ended = call.sessions.end_refresh(api_key, token)
    else:
        ended = call.sessions.end(api_key, token, call.now_ns)
    return data(True) if ended else STALE_TOKEN


def profile(call: Call) -> Response:
    return data(Profile(**_person(call.user_id)))


def full_profile(call: Call) -> Response:
    """`GET /user/profile/full`: bank, depository and tax fields too (documented for Go; invented values)."""
    person = _person(call.user_id)
    return data(
        {
            **person,
            "user_type": "individual",
            "broker": "ZERODHA",
            "avatar_url": None,
            "meta": {"demat_consent": "consent", "poa": "physical", "silo": "", "account_blocks": []},
            "password_timestamp": "1970-01-01 00:00:00",
            "twofa_timestamp": "1970-01-01 00:00:00",
            "phone": "*0000",
            "pan": "*000X",
            "tags": [],
            "bank_accounts": [{"name": "TARAZU BANK", "branch": "DALAL STREET", "account": "*0000"}],
            "dp_ids": ["1208160000000000"],
        }
    )


def funds(call: Call) -> Response:
    return data({segment: call.broker.funds(call.user_id, segment) for segment in ("equity", "commodity")})


def segment_funds(call: Call) -> Response | Refusal:
    segment = call.path["segment"]
    if segment not in ("equity", "commodity"):
        return Refusal("Invalid `segment`. It should be one of: equity, commodity.")
    return data(call.broker.funds(call.user_id, segment))


def session_row(login: Login) -> UserSession:
    return UserSession(
        **_person(login.user_id),
        api_key=login.app.api_key,
        access_token=login.access_token,
        public_token=login.public_token,
        enctoken=login.enctoken,
        refresh_token=login.refresh_token,
        login_time=ist.stamp(login.login_ns),
    )


def _person(user_id: str) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "email": f"{user_id.lower()}@tarazu.invalid",
        "user_name": f"Tarazu {user_id}",
        "user_shortname": "Tarazu",
        "exchanges": EXCHANGES,
        "products": PRODUCTS,
        "order_types": ORDER_TYPES,
    }


ROUTES = (
    Route("GET", "/connect/login", login_page, open_to_all=True),
    Route("POST", "/session/token", create_session, open_to_all=True),
    Route("DELETE", "/session/token", end_session, open_to_all=True),
    Route("POST", "/session/refresh_token", renew_session, open_to_all=True),
    Route("GET", "/user/profile", profile),
    Route("GET", "/user/profile/full", full_profile),
    Route("GET", "/user/margins", funds),
    Route("GET", "/user/margins/{segment}", segment_funds),
)
