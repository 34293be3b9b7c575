"""What main keeps to of the flags: the acknowledgement that commands wait for. Part of `app.main.health`."""

import msgspec


class FlagsPage(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    sha256: str
    """Empty for version 0."""
    off: tuple[str, ...] = ()
    """Each flag that is not at its default, as it is typed: `strategy.orb.size_pct=25`."""
