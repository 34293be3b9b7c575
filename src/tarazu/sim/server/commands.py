"""Everything from outside that changes the simulated broker's state, as values: what the command log holds."""

import msgspec

from tarazu.sim.faults import FaultOrder


class RestCall(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="rest"):
    """One HTTP request, whole. `status` is what was answered, for the reader and for `LoggedBroker.replay`."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    oversized: bool = False
    """The body was longer than the front takes, and is not kept."""
    malformed: str = ""
    client_ip: str
    status: int


class ArmFault(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="arm-fault"):
    order: FaultOrder


class DisarmFault(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="disarm-fault"):
    fault_id: int | None = None
    """None: every fault."""


class OpenAccount(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="open-account"):
    """A broker account and the app that trades it. Empty key and secret are derived from the seed."""

    user_id: str
    cash_paise: int
    api_key: str = ""
    api_secret: str = ""
    static_ips: tuple[str, ...] = ()
    """Addresses that may send orders; empty: all may."""
    postback_url: str = ""


class IssueRequestToken(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="issue-request-token"):
    """The person logs in at the broker's page: what the app is sent afterwards."""

    user_id: str


class IssueAccessToken(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="issue-access-token"):
    """Login and exchange in one: a token to trade with at once."""

    user_id: str


class ChooseScenario(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="choose-scenario"):
    """The kind of day from the next trading day on, by its name in `sim.synthetic.scenario`."""

    scenario: str


class Mark(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="mark"):
    """Nothing happened until here: after a restart the clock goes on from the last line's time."""


Command = RestCall | ArmFault | DisarmFault | OpenAccount | IssueRequestToken | IssueAccessToken | ChooseScenario | Mark


class Line(msgspec.Struct, frozen=True):
    """One line of the log: a command and the virtual time at which the broker took it."""

    ns: int
    command: Command
