"""The profile's time, for what a run writes down: in sim the broker's own, as every process there tells it."""

import time

from tarazu.app.broker_address import NoAddress, sim_address
from tarazu.app.home import Home, Profile
from tarazu.runtime.desk_record import BadDeskRecord, days, entries


def profile_now_ns(home: Home) -> int:
    """UTC. Where the sim profile's broker is away: this machine's, and never before what is in the record already,
    whose days must not go back. Raises BadDeskRecord, OSError."""
    if home.profile is not Profile.SIM:
        return time.time_ns()
    from tarazu.adapters.sim_clock import SimClock

    try:
        return SimClock(sim_address(home).admin_url).wall_ns()
    except (NoAddress, OSError):
        latest = [entry.ts_ns for day in days(home.desk)[-1:] for entry in entries(home.desk, day)[-1:]]
        return max([time.time_ns(), *latest])


def now_ns(home: Home) -> int:
    """For line 1 of an answer, which is given whatever the record is worth."""
    try:
        return profile_now_ns(home)
    except (OSError, BadDeskRecord):
        return time.time_ns()
