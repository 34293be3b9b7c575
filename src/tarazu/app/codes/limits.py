"""What a code is judged by, as this home has it set."""

from collections.abc import Iterable, Mapping

import msgspec

from tarazu.app.home import Home


class LimitNow(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    """`engine.risk.day_loss_max`; its unit is in `tarazu config explain KEY`."""
    value: str
    """As it holds; `not said` where it is not set."""
    origin: str
    """`default`, `toml` or `env`."""


def limits_now(home: Home, keys: Iterable[str], environ: Mapping[str, str]) -> tuple[LimitNow, ...]:
    """In the order of `keys`. Raises BadSettings, OSError."""
    wanted = tuple(dict.fromkeys(keys))
    if not wanted:
        return ()
    from tarazu.app.config.show import origin_told
    from tarazu.app.config.values import shown, values

    known = {value.field.key: value for value in values(home, environ)}
    found = [known[key] for key in wanted if key in known]
    return tuple(LimitNow(key=one.field.key, value=shown(one.value), origin=origin_told(one)) for one in found)
