"""A campaign's folder: `campaign.json` is at every moment whole, and one process at a time goes on with it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec

from tarazu.dst.campaign import Done, each_done
from tarazu.dst.kept import Asked, Kept, NoCampaign, decoded
from tarazu.dst.tally import Tally
from tarazu.runtime.alone import Held, alone
from tarazu.runtime.whole import write_whole

FILE, LOCK = "campaign.json", "lock"
SAVED_EVERY_S = 5.0
"""As much as a process that is killed loses; one that is asked to end loses the days that it was at."""


class NotKept(Exception):
    """The folder cannot be gone on with; nothing in it was changed."""

    def __init__(self, code: str, why: str, way_out: str) -> None:
        super().__init__(why)
        self.code, self.way_out = code, way_out


class Sitting:
    """One process's turn at a campaign."""

    def __init__(self, folder: Path, kept: Kept) -> None:
        self.folder, self.kept = folder, kept
        self._file = folder / FILE
        self._began_s, self._wall_s_before = time.monotonic(), kept.wall_s
        self._saved_s = self._began_s

    def run(self, jobs: int, told: Callable[[Tally], None]) -> bool:
        """What is left of it, and whether all is done now: Ctrl-C ends it early. Raises NotKept, and what
        `campaign.run` raises; what was done by then is kept."""
        if self.kept.is_whole:
            return True
        self.kept.sittings += 1
        try:
            with closing(each_done(self.kept.left(), jobs=jobs)) as each:
                for done in each:
                    self._take(done)
                    self._save_at_times()
                    told(self.kept.tally())
        except KeyboardInterrupt:
            pass
        finally:
            self._save()
        return self.kept.is_whole

    def _take(self, done: Done) -> None:
        """Whole or, where Ctrl-C comes meanwhile, not at all."""
        with_it = msgspec.structs.replace(self.kept, failures=[*self.kept.failures])
        with_it.take(done, time.time_ns())
        self.kept = with_it

    def _save_at_times(self) -> None:
        if time.monotonic() - self._saved_s >= SAVED_EVERY_S:
            self._save()

    def _save(self) -> None:
        """Raises NotKept."""
        self._saved_s = time.monotonic()
        self.kept.wall_s = self._wall_s_before + self._saved_s - self._began_s
        try:
            write_whole(self._file, self.kept.encoded(), 0o644)
        except OSError as failed:
            raise NotKept("CAMPAIGN_NOT_KEPT", f"{self._file}: {failed}", "df -h") from failed


@contextmanager
def opened(folder: Path, asked: Asked, source: str) -> Iterator[Sitting]:
    """The campaign of the folder, or a new one where there is none. Raises NotKept."""
    with ExitStack() as held:
        try:
            held.enter_context(alone(folder / LOCK, patience_s=0))
        except Held:
            raise NotKept("CAMPAIGN_RUNS", f"another process goes on with {folder}", "wait for it, or end it") from None
        except OSError as bad:
            raise NotKept("CAMPAIGN_NOT_KEPT", f"{folder}: {bad}", "name another folder with --keep") from bad
        yield Sitting(folder, _found(folder, asked, source))


def _found(folder: Path, asked: Asked, source: str) -> Kept:
    try:
        kept = decoded((folder / FILE).read_bytes())
    except FileNotFoundError:
        now_ns = time.time_ns()
        return Kept(asked=asked, source=source, began_ns=now_ns, last_ns=now_ns)
    except (OSError, NoCampaign) as bad:
        raise NotKept("CAMPAIGN_UNREADABLE", f"{folder / FILE}: {bad}", f"mv {folder} {folder}-unreadable") from bad
    if kept.asked.code != asked.code:
        why = f"{folder} has {kept.sums.days:,} days of code {kept.asked.code[:12]}, and this is {asked.code[:12]}"
        raise NotKept("OTHER_CODE", f"{why}: days of two codes are no one's", _aside(folder, kept))
    if kept.asked != asked:
        why = f"{folder} is the campaign of {words(kept.asked)}, not of {words(asked)}"
        raise NotKept("OTHER_CAMPAIGN", why, f"tarazu dst run {words(kept.asked)} --keep {folder}")
    return kept


def _aside(folder: Path, kept: Kept) -> str:
    return f"mv {folder} {folder}-{kept.asked.code[:12]}"


def words(asked: Asked) -> str:
    """How `tarazu dst run` is asked for it."""
    size = "" if asked.size == "full" else f" --size {asked.size}"
    return f"--days {asked.days} --seed {asked.first_seed}{size}"
