"""main's place given back: a flatten that has ended a supervised main leaves one that runs, halted, with eyes on the
account. While the place was held its supervisor's tries have failed, and it may have given up."""

from tarazu.app.home import Home


def give_main_back(home: Home) -> str:
    """Why main does not run again; empty where it does, or where no supervisor runs. Its place is free by now."""
    from tarazu.app.supervision.link import SupervisorRefused, SupervisorSilent  # only who has ended one needs it
    from tarazu.app.supervision.programs import MAIN
    from tarazu.app.supervision.supervisor import Busy, Supervision

    supervision = Supervision(home)
    try:
        if supervision.pid is None:
            return ""
        state = supervision.start(MAIN)
    except (SupervisorSilent, SupervisorRefused, Busy, OSError) as bad:
        return str(bad)
    return "" if state.state.is_up else f"{state.state}: {state.description}"
