"""Which version is meant: by the beginning of its hash, or by where it stands: active, previous, next, latest, none."""

from tarazu.app.home import Home
from tarazu.app.models.moving.swap import Standing
from tarazu.app.models.versions import families, versions

SHORT_MIN = 6
NONE = "none"


class NoSuchVersion(LookupError):
    """Nothing is called so; the message says what there is."""


def family_of(home: Home, asked: str) -> str:
    """Raises NoSuchVersion."""
    known = families(home.models)
    if asked in known:
        return asked
    there = f"there are {', '.join(known)}" if known else f"{home.models} holds none: tarazu train xgb makes one"
    raise NoSuchVersion(f"no family is called {asked!r}; {there}")


def version_named(home: Home, stands: Standing, asked: str) -> str:
    """SHA-256; empty for `none`. It may be one whose file is gone: then it is of the trail. Raises NoSuchVersion."""
    family, way = stands.family, stands.way
    known = versions(home.models, family)
    match asked:
        case "none":
            return ""
        case "active":
            return stands.active or _none(f"no version of {family} is active")
        case "previous":
            return way.previous or _none(f"no version of {family} was active before; --to none uses no model at all")
        case "next":
            return way.next or _none(f"nothing lies ahead: {family} was not rolled back, or was promoted since")
        case "latest":
            return known[-1] if known else _none(f"{family} has no version")
    found = {one for one in (*known, *way.steps) if one.startswith(asked)} if len(asked) >= SHORT_MIN else set()
    if len(found) == 1:
        return found.pop()
    if found:
        raise NoSuchVersion(f"{asked} may be {' or '.join(sorted(one[:16] for one in found))}: say more of it")
    raise NoSuchVersion(f"{family} has no version {asked!r} ({SHORT_MIN} letters at least); tarazu model list")


def _none(why: str) -> str:
    raise NoSuchVersion(why)
