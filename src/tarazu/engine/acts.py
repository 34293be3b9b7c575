"""What the engine does about a message. Messages and acts alone change its state, so recovery needs no market: it takes
each message again and carries out the acts that are written down, and decides nothing anew.
"""

from enum import StrEnum

import msgspec

from tarazu.engine.halts import Halt
from tarazu.engine.messages import Order, What
from tarazu.engine.phase import Phase
from tarazu.model.order_request import OrderChange
from tarazu.orders.intent import OrderIntent
from tarazu.orders.messages import CancelOrder, Filled, ModifyOrder, Moved, NotAsked, SendOrder
from tarazu.risk.denial import Denial
from tarazu.strategy.decision import Decision
from tarazu.strategy.wants import EntryWant, SpreadWant, StopPlan, Want


class _Act(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    pass


class Intend(_Act, frozen=True):
    """Write this down, make it durable, send it. Once."""

    intent: OrderIntent
    stop: StopPlan | None = None
    leg: str = ""
    """Of the spread that `intent.group` names."""
    reference_paise: int = 0
    """Of an entry: the market's middle it was weighed against."""


class AskChange(_Act, frozen=True):
    ref: str
    change: OrderChange
    why: str
    first_paise: int = 0
    """Of an exit that is brought to the market: the price it was first to have; it is brought only so far from it."""


class AskCancel(_Act, frozen=True):
    ref: str
    why: str
    until_ended: bool = False
    """Asked for again and again, also when it cannot be asked for yet."""


class Deny(_Act, frozen=True):
    """Not done, and why: nothing was sent."""

    want: Want
    denials: tuple[Denial, ...]


class BeginSpread(_Act, frozen=True):
    group: str
    want: SpreadWant


class AllotLegs(_Act, frozen=True):
    """So many units of these legs are to be sent in all, as the throttle lets them. What was to be sent beyond that and
    has not been is given up."""

    group: str
    qty: dict[str, int]
    why: str = ""


class EndSpread(_Act, frozen=True):
    """What of its legs still works is canceled."""

    group: str
    how: str


class BeginExit(_Act, frozen=True):
    """From now on this place is being left."""

    key: str
    product: str
    strategy: str
    """Whose exit it is: its orders carry the name, and it hears of their fills."""
    why: str = ""


class EndExit(_Act, frozen=True):
    """It is left, or will not be; empty `key`: of everything (`flattening`)."""

    key: str
    product: str
    how: str


class AskRead(_Act, frozen=True):
    what: What
    why: str = ""


class MovePhase(_Act, frozen=True):
    phase: Phase
    why: str


class SetHalt(_Act, frozen=True):
    """None: a person has reset it."""

    halt: Halt | None


class HaltStrategy(_Act, frozen=True):
    """Its entries are cancelled, its positions keep their stops, nobody asks it; None: a person has reset it."""

    strategy: str
    halt: Halt | None


class Decline(_Act, frozen=True):
    """A person's word that is not followed, and why: nothing has changed."""

    order: Order
    of: str = ""
    """The strategy, the want."""
    why: str = ""


class Decide(_Act, frozen=True):
    """Of the record alone: what follows from it are acts of their own."""

    decision: Decision


class Mark(_Act, frozen=True):
    """The day's result, marked to market."""

    net_paise: int | None
    """Charges taken off; None: not computable."""
    gross_paise: int | None = None
    why: str = ""
    """Why it is not computable."""


class HoldWant(_Act, frozen=True):
    """It waits for a person's leave."""

    ref: str
    want: EntryWant | SpreadWant
    sha256: str
    """Of the want: the leave is for this and nothing else."""
    until_ns: int


class EndHold(_Act, frozen=True):
    ref: str
    how: str
    """`approved by NAME`, `refused by NAME`, `expired`, `halted`."""


class Guard(_Act, frozen=True):
    """Switched on while running; what is on stays on."""

    approvals: bool = False
    pilot: bool = False


class EntriesOff(_Act, frozen=True):
    """No entries until a person's ENTRIES_ON, though no person has said so."""

    why: str


class Severity(StrEnum):
    SEV1 = "SEV1"
    SEV2 = "SEV2"
    WARN = "WARN"
    INFO = "INFO"


class Alert(_Act, frozen=True):
    """Said once for its code and `of`, and again when it is still so after the config's time."""

    severity: Severity
    code: str
    of: str = ""
    """What it is about: a ref, a key, a feed."""
    text: str = ""


Act = (
    Intend | AskChange | AskCancel | Deny | BeginSpread | AllotLegs | EndSpread | BeginExit | EndExit | AskRead
    | MovePhase | SetHalt | Alert | HaltStrategy | Decline | Decide | Mark | HoldWant | EndHold | Guard
    | EntriesOff
)  # fmt: skip

Output = SendOrder | ModifyOrder | CancelOrder | Moved | Filled | NotAsked
"""What the orders answered to the message and the acts: the first three are performed, all are part of the record."""


class Step(msgspec.Struct, frozen=True, array_like=True):
    """All that came of one message."""

    acts: tuple[Act, ...] = ()
    outputs: tuple[Output, ...] = ()
