"""The part of main's health that acknowledges models: which versions its strategies use, and why not others."""

import msgspec


class DriftPage(msgspec.Struct, frozen=True, kw_only=True):
    """Of an active version, since this main began to use it."""

    rows: int = 0
    """Decisions that it was asked about."""
    name: str = ""
    """The feature, or `score`, that has moved most."""
    psi: float | None = None
    """None: not known, and..."""
    why: str = ""
    """...why."""


class ModelsPage(msgspec.Struct, frozen=True, kw_only=True):
    is_used: bool = False
    """Whether any strategy runs; without one no model is used, whatever is active."""
    active: dict[str, str] = {}
    """SHA-256 by name, as the engine has journalled them."""
    drift: dict[str, DriftPage] = {}
    """By name."""
    trouble: str = ""
    """Why what is active in the registry is not used; empty: it is."""
