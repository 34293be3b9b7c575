"""The market of one start, moved to where the engine saw it: the day's feed log, frame by frame."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tarazu.app.replaying.past_day import CannotReplay
from tarazu.engine.messages import MarketMoved
from tarazu.market.state_quotes import StateQuotes
from tarazu.market.touch import NoQuotes, Quotes
from tarazu.model import ist
from tarazu.runtime.damage import Damaged
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
        self._passes_told = 0
        self._carried: Sequence[Strategy] = ()
        self._programs = Programs((), lambda key: -1)
        self._slots = {key_of.get(token, ""): slot for slot, token in enumerate(watch)}
        self._follower: MarketFollower | None = None
        self._shown: StateQuotes | None = None
        if watch and segments(folder):
            self._follower = MarketFollower(folder, watch)
            self._shown = StateQuotes(self._follower.state, key_of)

    @property
    def quotes(self) -> Quotes:
        return self._shown or NoQuotes()

    def decide_by(self, strategies: Sequence[Strategy]) -> None:
        """As `app.main.market` carries the programs of these, from the next frame on."""
        if strategies is not self._carried:
            self._carried, self._programs = strategies, Programs(strategies, lambda key: self._slots.get(key, -1))
            if self._follower is not None:
                self._follower.on_pass = self._programs.after_frame if self._programs.carried else None

    def move_to(self, moved: MarketMoved) -> None:
        """Raises CannotReplay."""
        if not self._watch or not moved.sequence:
            return
        if self._follower is None or self._shown is None:
            raise CannotReplay(
                f"the market is gone: no feed log in {self._folder}, and the engine saw its frame {moved.sequence}; "
                f"an archived day comes back by tarazu data restore {self._folder.name}"
            )
        self._follow(self._follower, moved.sequence)
        state = self._follower.state
        self._shown.moved(np.flatnonzero(state.slots["frame"] > self._passes_told))
        self._programs.tell()
        self._passes_told = state.passes
        if self._is_as_it_was and (lost := _lost(self._follower, moved)):
            self._is_as_it_was = False
            self.losses.append(lost)

    def close(self) -> None:
        if self._follower is not None:
            self._follower.close()

    def _follow(self, follower: MarketFollower, sequence: int) -> None:
        while True:
            try:
                follower.follow_to(sequence)
                return
            except Damaged as damaged:
                follower.skip_damage()
                self.losses.append(str(damaged.damage))


def _lost(follower: MarketFollower, moved: MarketMoved) -> str:
    """A power cut may cost frames that the engine saw, and others may have their numbers since."""
    if follower.sequence != moved.sequence:
        return f"frame {moved.sequence} is not in the log: the last before it is {follower.sequence}"
    if moved.wall_ns and follower.wall_ns != moved.wall_ns:
        was, found = ist.stamp(moved.wall_ns), ist.stamp(follower.wall_ns)
        return (
            f"frame {moved.sequence} is another: the engine saw one received at {was} IST, the log has one of {found}"
        )
    return ""
