"""A version promoted: named, proven, held against its gates, and moved to; or why it is not."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tarazu.adapters.signing import BadKeyFile
from tarazu.app.home import Home
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.models.judging.judged import Judgement, judged
from tarazu.app.models.judging.promotion import waived
from tarazu.app.models.manifest import Manifest
from tarazu.app.models.moving.answers import ACK_S, broken, cannot, moved
from tarazu.app.models.moving.naming import NoSuchVersion, family_of, version_named
from tarazu.app.models.moving.swap import Moved, Standing, acknowledged, move, prove, standing
from tarazu.app.models.moving.trail import Act
from tarazu.app.models.registry import register
from tarazu.app.models.versions import MODEL_BYTES_MAX, BadVersion, refuse_strangers
from tarazu.app.person import person
from tarazu.app.settings import BadSettings, read_settings
from tarazu.app.verdict import Check, Exit, Status, Verdict, answer
from tarazu.runtime.desk_record import BadDeskRecord
from tarazu.strategy.calibration import BadModel

COMMAND = "model.promote"
LIST = "tarazu model list"


def promote(
    home: Home,
    family: str,
    to: str,
    file: Path | None,
    waive: Sequence[str],
    why: str,
    dry_run: bool,
    wait_s: float = ACK_S,
) -> Verdict:
    """Of the version that `to` names, or of the file's, which is taken in."""
    now_ns = desk_now_ns(home)
    try:
        return _promote(home, now_ns, family, to, file, waive, why, dry_run, wait_s)
    except Moved as moved_meanwhile:
        return cannot(home, COMMAND, now_ns, Exit.REFUSED, broken("MOVED_MEANWHILE", str(moved_meanwhile), LIST))
    except NoSuchVersion as none:
        return cannot(home, COMMAND, now_ns, Exit.REFUSED, broken("NO_SUCH_VERSION", str(none), LIST))
    except (BadVersion, BadModel) as bad:
        return cannot(home, COMMAND, now_ns, Exit.CRIT, broken("BAD_VERSION", str(bad), LIST))
    except BadDeskRecord as bad:
        return cannot(home, COMMAND, now_ns, Exit.CRIT, broken("RECORD_BROKEN", str(bad), "tarazu audit verify"))
    except BadSettings as bad:
        return cannot(home, COMMAND, now_ns, Exit.CRIT, broken("BAD_SETTINGS", str(bad), "tarazu config validate"))
    except (BadKeyFile, OSError) as failed:
        return cannot(home, COMMAND, now_ns, Exit.CRIT, broken("DISK", str(failed), "tarazu doctor"))


def _promote(
    home: Home,
    now_ns: int,
    family: str,
    to: str,
    file: Path | None,
    waive: Sequence[str],
    why: str,
    dry_run: bool,
    wait_s: float,
) -> Verdict:
    settings = read_settings(home.settings_file).models
    sha256 = take_in(home, family, file, now_ns) if file is not None else ""
    stands = standing(home, family_of(home, family))
    sha256 = sha256 or version_named(home, stands, to)
    if not sha256:
        raise NoSuchVersion(f"none is no version: tarazu model rollback --family {family} --to none")
    prove(home, family, sha256)
    if sha256 == stands.active and stands.is_by_the_record:
        return _answer(home, now_ns, "OK", Exit.OK, f"{family} {sha256[:12]} is active already", ())
    judgement = judged(home, family, sha256, stands.active, settings)
    checks = waived(judgement.gates, waive)
    failed = [check for check in checks if check.status in (Status.CRIT, Status.UNKNOWN)]
    if failed:
        names = " ".join(f"--waive {check.id.removeprefix('gate.')}" for check in failed)
        hints = f"tarazu model show --family {family} --version {sha256[:12]}; or {names} --why ..."
        told = tuple(msgspec.structs.replace(check, hint=hints) if check in failed else check for check in checks)
        line = f"{family} {sha256[:12]} has not earned it, nothing was changed"
        return _answer(home, now_ns, "REFUSED", Exit.REFUSED, line, told)
    if dry_run:
        return _answer(home, now_ns, "OK", Exit.OK, f"dry run: {family} {sha256[:12]} may be promoted", checks)
    after = _moved(home, now_ns, stands, sha256, judgement, waive, why)
    told_by_main = acknowledged(home, family, sha256, wait_s)
    return moved(home, COMMAND, now_ns, stands.active, after, told_by_main, checks, "promoted")


def take_in(home: Home, family: str, file: Path, now_ns: int) -> str:
    """A file from elsewhere, registered under its hash; nobody tells how it did. Raises BadModel, BadVersion,
    BadKeyFile, BadDeskRecord, OSError."""
    with file.open("rb") as opened:
        text = opened.read(MODEL_BYTES_MAX + 1)
    refuse_strangers(file.name, text)
    about = f"taken in from {file.name}"
    return register(home, family, text, Manifest(about=about), who=person(), now_ns=now_ns, name=file.name)


def _moved(
    home: Home, now_ns: int, stands: Standing, sha256: str, of: Judgement, waive: Sequence[str], why: str
) -> Standing:
    gates = {check.id.removeprefix("gate."): f"{check.code or 'ok'} {check.detail}".strip() for check in of.gates}
    more = {"gates": gates, "waived": list(waive)}
    why = why or "promoted by its gates"
    return move(
        home, stands.family, Act.PROMOTE, sha256, why=why, who=person(), now_ns=now_ns, beside=stands.active, **more
    )


def _answer(home: Home, now_ns: int, word: str, code: Exit, line: str, checks: tuple[Check, ...]) -> Verdict:
    gates = tuple(f"{check.status:<8}{check.id:<15}{check.detail}" for check in checks if check.status is Status.OK)
    return answer(COMMAND, word, code, home, now_ns, line, checks, gates)
