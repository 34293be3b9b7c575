"""The desk's own papers: settings, leave to trade, limits, strategies and their models."""

from tarazu.app.doctor.home import private_check, private_files
from tarazu.app.home import Profile
from tarazu.app.main.permission import ALLOW_LIVE
from tarazu.app.models.active import BadModels, active_models
from tarazu.app.models.manifest import BadManifest
from tarazu.app.models.moving.swap import standing
from tarazu.app.models.registry import manifest_of
from tarazu.app.models.versions import families
from tarazu.app.readiness.fingerprint import config_sha256
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.row import block, ok, skip, unknown, warn
from tarazu.app.settings import RISK_NEEDED, EngineSettings
from tarazu.app.verdict import Check, Status
from tarazu.runtime.desk_record import BadDeskRecord


def config(look: Look, row: Check) -> Check:
    if isinstance(look.settings, str):
        return block(row, "BAD_SETTINGS", look.settings, "tarazu config validate")
    sha = config_sha256(look.settings)[:12]
    if not look.home.settings_file.exists():
        return ok(row, f"defaults, no {look.home.settings_file.name}; sha256 {sha}")
    return ok(row, f"0 unknown keys, sha256 {sha}")


def secrets(look: Look, row: Check) -> Check:
    """What others of this machine may read is no secret."""
    if not private_files(look.home):
        return skip(row, "there is no .env")
    found = private_check(look.home)
    if found.status is Status.OK:
        return ok(row, "mode 0600")
    if found.status is Status.UNKNOWN:
        return unknown(row, "SECRETS_UNKNOWN", found.detail, "tarazu doctor")
    wide = warn if look.is_sim else block
    return wide(row, "SECRETS_WIDE", found.detail, found.hint)


def leave(look: Look, row: Check) -> Check:
    """Of the environment of this command: main looks at its own."""
    if look.home.profile is not Profile.LIVE:
        return skip(row, f"the {look.home.profile} profile sends no order to an exchange")
    if look.environ.get(ALLOW_LIVE) == "1":
        return ok(row, f"{ALLOW_LIVE}=1")
    return warn(
        row, "NO_LEAVE", f"{ALLOW_LIVE} is not 1 here: main trades only where it is", f"{ALLOW_LIVE}=1 tarazu up all"
    )


def limits(look: Look, row: Check) -> Check:
    """In sim a desk without limits may start: no entry is possible then, and nothing is at stake."""
    if isinstance(look.settings, str):
        return unknown(row, "BAD_SETTINGS", "without settings there are no limits", "tarazu config validate")
    missing = unset(look.settings.engine)
    if not missing:
        return ok(row, f"all {len(RISK_NEEDED)} set, and the position limit")
    few = ", ".join(missing[:4]) + (f", +{len(missing) - 4}" if len(missing) > 4 else "")
    told = f"{len(missing)} limits are not set, so every entry is denied: {few}"
    hint = f"set them under [engine] and [engine.risk] in {look.home.settings_file}; tarazu config show"
    return warn(row, "NO_LIMIT", told, hint) if look.is_sim else block(row, "NO_LIMIT", told, hint)


def strategies(look: Look, row: Check) -> Check:
    """Those named exist and take their params; whether they can be made for the day is main's to see."""
    if isinstance(look.settings, str):
        return unknown(row, "BAD_SETTINGS", "without settings none is named", "tarazu config validate")
    rows = look.settings.engine.strategies
    if not rows:
        return ok(row, "none named")
    from tarazu.app.main.strategies import BadStrategy, Strategies

    try:
        Strategies(rows, look.home.models)
    except BadStrategy as bad:
        return block(row, "BAD_STRATEGY", str(bad), "tarazu strategies")
    return ok(row, ", ".join(one.factory for one in rows), observed=len(rows))


def model(look: Look, row: Check) -> Check:
    """Every active model is, byte for byte, what its name says, reads, and was signed for by this home's key; and a
    command has made it active."""
    try:
        found = active_models(look.home.models)
    except BadModels as bad:
        return block(row, "BAD_MODEL", str(bad), "tarazu model list")
    try:
        moved = [name for name in families(look.home.models) if not standing(look.home, name).is_by_the_record]
    except (BadDeskRecord, OSError) as bad:
        return unknown(row, "RECORD_UNREADABLE", str(bad), "tarazu audit verify")
    if moved:
        say, told = warn if look.is_sim else block, f"{', '.join(moved)}: no command has moved the pointer"
        return say(row, "MODEL_MOVED", told, "tarazu model list; tarazu model rollback or promote")
    if not found:
        return skip(row, "no model is active")
    for one in found.values():
        try:
            manifest_of(look.home, one.name, one.sha256)
        except BadManifest as bad:
            unsigned = warn if look.is_sim else block
            return unsigned(row, "MODEL_UNSIGNED", f"{one.name} {one.short}: {bad}", "tarazu model list")
    return ok(row, ", ".join(f"{one.name} {one.sha256[:12]}" for one in found.values()), observed=len(found))


def unset(engine: EngineSettings) -> tuple[str, ...]:
    """The limits without which every entry is denied."""
    of_risk = [name for name in RISK_NEEDED if getattr(engine.risk, name) is None]
    placed = engine.position_limit_default or any(engine.position_limits.values())
    return tuple(of_risk) if placed else (*of_risk, "position_limit_default")
