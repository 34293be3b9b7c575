"""The market of one start, moved to where the engine saw it: the day's feed log, frame by frame.

Where only quotes are read of it, a thread follows the log ahead (`runtime.market_ahead`). Compiled steps of strategies
read all of the state after every frame: for them the log is followed here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tarazu.app.replaying.past_day import CannotReplay
from tarazu.engine.messages import MarketMoved
from tarazu.market.state import MarketState
from tarazu.market.state_quotes import StateQuotes
from tarazu.market.touch import NoQuotes, Quotes
from tarazu.model import ist
from tarazu.runtime.damage import Damaged
from tarazu.runtime.market_ahead import MarketAhead
from tarazu.runtime.market_follower import MarketFollower
from tarazu.runtime.segment import segments
from tarazu.strategy.base import Strategy
from tarazu.strategy.compiled import Programs


class ReplayedMarket:
    """Begins at the day's first frame, as every start does. Close it."""

    def __init__(self, folder: Path, watch: Sequence[int], key_of: Mapping[int, str]) -> None:
        """Opens nothing where nothing is watched, or where there is no log: that is said when it is needed."""
        self._folder, self._watch = folder, watch
        self.losses: list[str] = []
        """What the log lacks of what the engine saw: every damaged place, and the first frame that is not as it was."""
        self._is_as_it_was = True
        self._carried: Sequence[Strategy] = ()
        self._programs = Programs((), lambda key: -1)
        self._slots = {key_of.get(token, ""): slot for slot, token in enumerate(watch)}
        self._following: MarketAhead | _Followed | None = None
        self._shown: StateQuotes | None = None
        if watch and segments(folder):
            self._buffer = bytearray(MarketState.layout(len(watch)))
            state = MarketState(self._buffer, watch)
            self._following, self._shown = MarketAhead(folder, state), StateQuotes(state, key_of)

    @property
    def quotes(self) -> Quotes:
        return self._shown or NoQuotes()

    def decide_by(self, strategies: Sequence[Strategy]) -> None:
        """As `app.main.market` carries the programs of these, from the next frame on."""
        if strategies is not self._carried:
            self._carried, self._programs = strategies, Programs(strategies, lambda key: self._slots.get(key, -1))
            if self._programs.carried and isinstance(self._following, MarketAhead):
                self._following = self._followed(self._following)
            if isinstance(self._following, _Followed):
                self._following.on_pass = self._programs.after_frame if self._programs.carried else None

    def move_to(self, moved: MarketMoved) -> None:
        """Raises CannotReplay."""
        if not self._watch or not moved.sequence:
            return
        if self._following is None or self._shown is None:
            raise CannotReplay(
                f"the market is gone: no feed log in {self._folder}, and the engine saw its frame {moved.sequence}; "
                f"an archived day comes back by tarazu data restore {self._folder.name}"
            )
        self._follow(self._following, moved.sequence, self.losses)
        self._shown.moved(self._following.take_changed())
        if self._programs.carried:
            self._programs.tell()
        if self._is_as_it_was and (lost := _lost(self._following, moved)):
            self._is_as_it_was = False
            self.losses.append(lost)

    def close(self) -> None:
        if self._following is not None:
            self._following.close()

    def _followed(self, ahead: MarketAhead) -> "_Followed":
        """The same frame of the same log, in the same memory, with all of a state from now on."""
        ahead.close()
        followed = _Followed(self._folder, MarketState(self._buffer, self._watch))
        self._follow(followed, ahead.sequence, [])
        followed.take_changed()
        return followed

    def _follow(self, following: "MarketAhead | _Followed", sequence: int, losses: list[str]) -> None:
        while True:
            try:
                following.follow_to(sequence)
                return
            except Damaged as damaged:
                following.skip_damage()
                losses.append(str(damaged.damage))


def _lost(follower: MarketAhead | MarketFollower, moved: MarketMoved) -> str:
    """A power cut may cost frames that the engine saw, and others may have their numbers since."""
    if follower.sequence != moved.sequence:
        return f"frame {moved.sequence} is not in the log: the last before it is {follower.sequence}"
    if moved.wall_ns and follower.wall_ns != moved.wall_ns:
        was, found = ist.stamp(moved.wall_ns), ist.stamp(follower.wall_ns)
        return (
            f"frame {moved.sequence} is another: the engine saw one received at {was} IST, the log has one of {found}"
        )
    return ""


class _Followed(MarketFollower):
    """A follower that tells what changed as `MarketAhead` does."""

    def __init__(self, folder: Path, state: MarketState) -> None:
        super().__init__(folder, (), state=state)
        self._passes_told = 0

    def take_changed(self) -> NDArray[np.intp]:
        changed = np.flatnonzero(self.state.slots["frame"] > self._passes_told)
        self._passes_told = self.state.passes
        return changed
