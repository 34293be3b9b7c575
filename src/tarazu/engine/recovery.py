"""The engine's state from the journal alone: messages, and what was decided at them. No reactor and no market is
needed, and nothing is performed: who only reads a day imports no kernel for it."""

from collections.abc import Mapping

from tarazu.engine import carry_out, intake
from tarazu.engine.acts import Step
from tarazu.engine.messages import Stamped
from tarazu.engine.state import EngineState, blank
from tarazu.model.instrument import Instrument
from tarazu.model.rules import ChargeRates


class Recovery:
    """One day of one account, entry by entry."""

    def __init__(self, instruments: Mapping[str, Instrument], rates: ChargeRates) -> None:
        """Without instruments the books stay what the journal says of them, and are not reckoned anew."""
        self.state: EngineState = blank(instruments, rates)

    def recover(self, stamped: Stamped, step: Step) -> None:
        recover(self.state, stamped, step)


def recover(state: EngineState, stamped: Stamped, step: Step) -> None:
    """Take a message of the journal with what was decided then."""
    intake.take(state, stamped.message, stamped.ts_ns)
    state.alarms.clear()
    for act in step.acts:
        carry_out.act(state, act, stamped.ts_ns)
        state.alarms.clear()
