"""One day of 200 orders at the real simulated broker for all tests of the room; each changes a copy of the answers."""

from collections.abc import Callable

import msgspec
import pytest

from harness.traded_day import TradedDay
from tarazu.app.account.reading import AccountRead
from tarazu.app.home import Home, Profile
from tarazu.app.reconcile.breaks import Reconciliation
from tarazu.app.reconcile.day import reconciled
from tarazu.app.reconcile.last_close import LastClose
from tarazu.app.reconcile.legs.charges import Notes
from tarazu.app.reconcile.note.contract_note import ContractNote
from tarazu.app.reconcile.ours import OurDay, our_day

ORDERS = 200


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides of the day. `account` and `notes` are made anew each time they are asked for: change them at will."""

    day: TradedDay
    ours: OurDay
    as_of_ns: int
    answers: bytes
    charges: bytes

    @property
    def account(self) -> AccountRead:
        return msgspec.json.decode(self.answers, type=AccountRead)

    @property
    def notes(self) -> Notes:
        return msgspec.json.decode(self.charges, type=Notes)

    def found(
        self,
        account: AccountRead | None = None,
        notes: Notes | None = None,
        note: ContractNote | None = None,
        profile: Profile = Profile.SIM,
    ) -> Reconciliation:
        home = Home(profile, self.day.home.root)
        theirs = self.account if account is None else account
        last = LastClose()
        return reconciled(home, self.day.day, self.ours, last, theirs, note, notes or self.notes, self.as_of_ns)


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    home = Home(Profile.SIM, tmp_path_factory.mktemp("traded") / "sim")
    with TradedDay(home) as day:
        day.lives(ORDERS)
        answers = msgspec.json.encode(day.account())
    ours = our_day(home, day.day)
    return Kept(day=day, ours=ours, as_of_ns=day.now_ns, answers=answers, charges=msgspec.json.encode(day.notes()))


Told = Callable[[Reconciliation], list[str]]


@pytest.fixture(scope="session")
def told() -> Told:
    """`KIND book` of each break, `KIND.field book` where there is one."""
    return lambda result: [f"{b.kind}{'.' + b.field if b.field else ''} {b.against}" for b in result.breaks]
