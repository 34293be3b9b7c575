from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.log_state import LogState

DAY = date(2026, 11, 23)
Open = Callable[..., FeedLog]


@pytest.fixture
def open_log(tmp_path: Path) -> Iterator[Open]:
    """Opens logs of one day with small segments, whose keeper beats only when told; closed after the test."""
    opened: list[FeedLog] = []

    def open_one(**options: object) -> FeedLog:
        settings: dict[str, object] = {"segment_bytes": 4096, "sync_period_s": 3600.0} | options
        opened.append(FeedLog.open(tmp_path, DAY, **settings))  # type: ignore[arg-type]
        return opened[-1]

    yield open_one
    for log in opened:
        if log.state is not LogState.CLOSED:
            log.close()
