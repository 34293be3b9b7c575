"""The broker's side of a day: asked now where it is still that day there, else as it was kept."""

import hashlib
import os
from collections.abc import Callable, Mapping
from datetime import date

import msgspec

from tarazu.app.account.reading import account_of, read_with
from tarazu.app.account.whose import NoAccount, account_address, clock_of, token_of
from tarazu.app.broker_address import BrokerAddress, NoAddress
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.reconcile.kept import BrokerRead, encoded, saved_read
from tarazu.app.reconcile.legs.charges import read_notes, traded
from tarazu.app.reconcile.ours import OurDay, our_day
from tarazu.app.supervision.found_broker import answers, is_named
from tarazu.model import ist
from tarazu.runtime.journal_files import days

READ_S, CHARGES_S = 20.0, 30.0
BROKER, SAVED = "broker", "saved"


class NoBroker(Exception):
    """Nothing of the broker's side is to be had; `code` and the message say why, `hint` what to do."""

    def __init__(self, code: str, told: str, hint: str = "") -> None:
        super().__init__(told)
        self.code, self.hint = code, hint


class BothSides(msgspec.Struct, frozen=True, kw_only=True):
    ours: OurDay
    read: BrokerRead
    source: str
    """BROKER, SAVED."""
    answers: bytes
    """`read` as it is to be kept; empty: it is."""
    sha256: str
    """Of it."""


def both_sides(
    home: Home,
    day: date,
    saved: bool = False,
    environ: Mapping[str, str] = os.environ,
    tell: Callable[[str], None] = lambda _: None,
) -> BothSides:
    """`saved`: of the kept answers even where the broker could be asked.

    Raises NoBroker, Altered, NoAccount, and of the journal BadPayload, BrokenChain, BadDeskRecord, OSError.
    """
    today = None
    if not saved and not _is_over(home, day, environ):
        try:
            address = _address(home, day, environ, tell)
        except (NoAddress, OSError) as away:
            hint = "tarazu status" if home.profile is Profile.SIM else "tarazu session check"
            raise NoBroker("NO_BROKER", str(away), hint) from away
        now_ns = clock_of(address).wall_ns()
        today = ist.day_of(now_ns)
        if today == day:
            return _asked(home, day, address, now_ns)
        if today < day:
            raise NoBroker("FUTURE_DAY", f"{day} has not begun at the broker: there it is {today}")
    return _kept(home, day, today)


def _address(home: Home, day: date, environ: Mapping[str, str], tell: Callable[[str], None]) -> BrokerAddress:
    """Raises NoBroker, NoAccount, NoAddress, OSError."""
    if _is_gone(home, environ) and day in days(home.journal):
        if saved_read(home, day) is not None:
            raise NoBroker("NO_BROKER", "the broker in a box does not run", f"tarazu reconcile --date {day} --saved")
        told = "the broker in a box that this day was traded at does not run, and another would know nothing of it"
        raise NoBroker("NO_BROKER", told)
    return account_address(home, environ, tell)


def _is_gone(home: Home, environ: Mapping[str, str]) -> bool:
    """Whether the broker would be a new one in a box."""
    return home.profile is Profile.SIM and not is_named(environ) and not answers(home)


def _is_over(home: Home, day: date, environ: Mapping[str, str]) -> bool:
    """Whether no broker in a box need be begun to know that it tells nothing of that day."""
    return _is_gone(home, environ) and day < ist.day_of(desk_now_ns(home))


def _asked(home: Home, day: date, address: BrokerAddress, now_ns: int) -> BothSides:
    """The broker's books first: what the journal hears meanwhile is ours and no difference."""
    with account_of(address, token_of(home, address), READ_S) as account:
        books = read_with(account, READ_S)
        failures = books.failures
        if failures and len(failures) == len(type(books).__struct_fields__):
            first = next(iter(failures.values()))
            hint = "tarazu session login --prompt-token --update-env" if books.auth_lost else "tarazu session check"
            raise NoBroker(f"BROKER_{first.why}", f"the broker tells nothing: {first.told}", hint)
        ours = our_day(home, day)
        charges = read_notes(account, traded(ours), CHARGES_S)
    read = BrokerRead(day=day.isoformat(), profile=str(home.profile), as_of_ns=now_ns, account=books, charges=charges)
    answers_now = encoded(read)
    sha256 = hashlib.sha256(answers_now).hexdigest()
    return BothSides(ours=ours, read=read, source=BROKER, answers=answers_now, sha256=sha256)


def _kept(home: Home, day: date, today: date | None) -> BothSides:
    found = saved_read(home, day)
    if found is None:
        there = "" if today is None else f", where it is {today}"
        told = f"the broker tells only of its own day{there}; no answers of {day} were kept: it was not reconciled then"
        raise NoBroker("NO_READ", told)
    read, sha256 = found
    return BothSides(ours=our_day(home, day), read=read, source=SAVED, answers=b"", sha256=sha256)


__all__ = ["BROKER", "SAVED", "BothSides", "NoAccount", "NoBroker", "both_sides"]
