"""How to see one simulated day again."""

from tarazu.dst.options import DayOptions
from tarazu.dst.tally import Case


def command_of(case: Case, mutant: str | None = None) -> str:
    """The command that runs exactly this day."""
    return " ".join(
        ["tarazu dst seed", str(case.seed), *_flags(case.options), *(["--mutant", mutant] if mutant else [])]
    )


def _flags(options: DayOptions) -> list[str]:
    flags = [] if options.size == "full" else ["--size", options.size]
    if options.crash_at is not None:
        flags += ["--crash-at", str(options.crash_at), *([] if options.lose_unsynced else ["--keep-unsynced"])]
    if options.muted:
        flags += ["--mute", ",".join(sorted(options.muted))]
    if options.until_event is not None:
        flags += ["--until", str(options.until_event)]
    return flags
