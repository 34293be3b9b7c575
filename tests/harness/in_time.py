"""What must be done in so many seconds, on a machine that may pause whenever it likes.

Late once is the machine's doing, and the story is played again. Late each time is ours, and fails. All else that is not
as it should be fails at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

TRIES = 5


class Late(AssertionError):
    """As it should be, and too late."""


def in_time(took_s: float, limit_s: float, what: str = "it") -> None:
    if took_s > limit_s:
        raise Late(f"{what} took {took_s:.2f} s; {limit_s} s is the limit")


def once_in_time(story: Callable[[], T]) -> T:
    """What the story came to when it was in time. It begins anew as often as it is played."""
    for _ in range(TRIES - 1):
        try:
            return story()
        except Late as late:
            print(f"played again: {late}")
    return story()


async def once_in_time_async(story: Callable[[], Awaitable[T]]) -> T:
    """The same, in an event loop."""
    for _ in range(TRIES - 1):
        try:
            return await story()
        except Late as late:
            print(f"played again: {late}")
            await asyncio.sleep(0)
    return await story()
