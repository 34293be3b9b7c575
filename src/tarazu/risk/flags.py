"""What the desk has switched: whether anything may be entered, and how much of what each strategy wants.

The default is everything on, whole. Flags take away and never add: exits, stops and cancellations are none of their
business.
"""

import msgspec

WHOLE_PCT = 100


class StrategyFlags(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of one strategy, by its name."""

    entries: bool = True
    size_pct: int = WHOLE_PCT
    """Of the size it wants, 0-100, cut to whole lots. 0 is none."""

    @property
    def is_off(self) -> bool:
        return not self.entries or self.size_pct <= 0


_ALL_ON = StrategyFlags()


class Flags(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    version: int = 0
    """0: nobody has set any."""
    sha256: str = ""
    """Of the version's file; empty for version 0."""
    entries: bool = True
    strategies: dict[str, StrategyFlags] = {}

    def of(self, strategy: str) -> StrategyFlags:
        """All on for a strategy of which nothing is said."""
        return self.strategies.get(strategy, _ALL_ON)

    def off(self, strategy: str) -> str:
        """The flag by which it may enter nothing; empty: it may."""
        its = self.of(strategy)
        if not self.entries:
            return "entries is off"
        if not its.entries:
            return f"strategy.{strategy}.entries is off"
        return f"strategy.{strategy}.size_pct is {its.size_pct}" if its.size_pct <= 0 else ""

    @property
    def any_off(self) -> bool:
        return not self.entries or (bool(self.strategies) and any(its.is_off for its in self.strategies.values()))
