"""A campaign that nobody is to feel."""

import os


def only_when_idle() -> None:
    """This process, and those that it starts, run where nothing else wants to: SCHED_IDLE of sched(7)."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
