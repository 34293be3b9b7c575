"""Stop orders of one instrument, out of the book until the last traded price reaches their trigger."""

from tarazu.sim.exchange.exchange_order import ExchangeOrder, Place


class StopBook:
    """BUY stops wake at LTP >= trigger, SELL stops at LTP <= trigger."""

    def __init__(self) -> None:
        self._waiting: list[ExchangeOrder] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def orders(self) -> tuple[ExchangeOrder, ...]:
        """In time priority."""
        return tuple(self._waiting)

    def add(self, order: ExchangeOrder) -> None:
        self._waiting.append(order)
        order.place = Place.STOPS

    def remove(self, order: ExchangeOrder) -> None:
        self._waiting = [o for o in self._waiting if o is not order]
        order.place = Place.GONE

    def wake(self, ltp_paise: int) -> list[ExchangeOrder]:
        """Take out all stops that `ltp_paise` has reached: furthest past its trigger first, then the earliest.

        The price passed the nearer trigger before the further one, so this is the order in which they were reached.
        """
        reached = [o for o in self._waiting if past_trigger(o, ltp_paise) >= 0]
        for order in reached:
            self.remove(order)
            order.triggered = True
        return sorted(reached, key=lambda o: (-past_trigger(o, ltp_paise), o.priority))


def past_trigger(order: ExchangeOrder, ltp_paise: int) -> int:
    """How far the price stands beyond the trigger; negative when it has not reached it."""
    return (ltp_paise - order.trigger_paise) * order.side.sign
