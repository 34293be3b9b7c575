"""Which time a session counts by: the simulated broker's own where there is one, else this machine's."""

import time

from tarazu.app.broker_address import BrokerAddress


def session_now_ns(address: BrokerAddress | None) -> int:
    """UTC. The machine's also where a simulated broker does not answer."""
    if address is None or address.sim is None:
        return time.time_ns()
    from tarazu.app.supervision.found_broker import ask_status

    status = ask_status(address.sim.admin_url)
    clock = status.get("clock") if status else None
    now_ns = clock.get("now_ns") if isinstance(clock, dict) else None
    return now_ns if isinstance(now_ns, int) else time.time_ns()
