"""What happens on a few days and on no others, each by dice of its own: the other days stay as they were, and one more
happening leaves all but its own days alone.
"""

from random import Random

ODDS: dict[str, float] = {
    "untradable": 0.06,
    "far_leg": 0.06,
    "late": 0.06,
    "pilot_on": 0.06,
    "full_disk": 0.06,
}
"""Of the days. `untradable`: the master lists what nobody trades any more. `far_leg`: a spread's leg is wanted outside
its band. `late`: the day's end, on which the options expire and MIS is squared off. `pilot_on`: a person makes it a
pilot's day. `full_disk`: the disk is full for minutes."""


def happenings_of(seed: int) -> frozenset[str]:
    return frozenset(name for name, odds in ODDS.items() if Random(f"{name} {seed}").random() < odds)
