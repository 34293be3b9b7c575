"""`tarazu model rollback`: back to the version before, or forward again."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.person import person
from tarazu.app.verdict import Check, Exit, Status, Verdict, exit_of, worst

COMMAND = "model.rollback"
WAIT = "Seconds for main to acknowledge."
EXAMPLES = """
\b
Examples:
  tarazu model rollback --family xgb --to previous     the one that was active before this one
  tarazu model rollback --family xgb --to next         forward again
  tarazu model rollback --family xgb --to none         no model: strategies that ask it pass
"""


@click.command("rollback", epilog=EXAMPLES)
@click.option("--family", required=True, help="Which models: xgb.")
@click.option("--to", required=True, help="previous, next, none, or the beginning of a hash that was active before.")
@click.option("--why", default="", help="Kept in the desk's record.")
@click.option("--wait", "wait_s", type=click.FloatRange(0, 600), default=15.0, show_default=True, help=WAIT)
@click.option("--dry-run", is_flag=True, help="Look at everything, and change nothing.")
@click.option("--ungated", is_flag=True, help="With --to none: also where a strategy then trades without its gate.")
@feed_flags
def command(
    family: str, to: str, why: str, wait_s: float, dry_run: bool, ungated: bool, profile: str | None, as_json: bool
) -> int:
    """Make a version that was active before the active one again. The running main swaps it in and acknowledges.

    A version whose file is gone or altered is refused, and the pointer stays where it is. So is none, where a strategy
    of the settings would trade on without a model, or may, and --ungated is not said; main need not run.

    Exit code 0: done; 1: done, and a strategy trades without its gate; 2: refused for its file, or the desk's record is
    not to be believed; 4: there is no such version, or none would ungate a strategy; 5: main does not use it.
    """
    return rollback(home_of(profile), family, to, why, dry_run, wait_s, ungated=ungated).show(as_json)


def rollback(
    home: Home, family: str, to: str, why: str, dry_run: bool, wait_s: float = 15.0, *, ungated: bool = False
) -> Verdict:
    """`ungated`: a person's word that strategies may trade without the model."""
    from tarazu.app.incidents.moment import desk_now_ns
    from tarazu.app.models.moving.answers import broken, cannot, moved, named
    from tarazu.app.models.moving.naming import NoSuchVersion, family_of, version_named
    from tarazu.app.models.moving.swap import acknowledged, move, standing
    from tarazu.app.models.moving.trail import Act
    from tarazu.app.models.versions import BadVersion
    from tarazu.runtime.desk_record import BadDeskRecord

    now_ns, verify = desk_now_ns(home), "tarazu model list"
    try:
        stands = standing(home, family_of(home, family))
        sha256 = version_named(home, stands, to)
        if sha256 and sha256 not in stands.trail.steps:
            raise NoSuchVersion(f"{named(sha256)} was never active: tarazu model promote --family {family} --to {to}")
        if sha256 == stands.active and stands.is_by_the_record:
            return _already(home, now_ns, family, sha256)
        checks = _proven(home, family, sha256)
        if checks and not ungated:
            return cannot(home, COMMAND, now_ns, Exit.REFUSED, _would_ungate(checks[0].detail))
        if dry_run:
            return _would(home, now_ns, family, stands.active, sha256, checks)
        is_ahead = to == "next" or sha256 not in stands.way.steps[: stands.way.at + 1]
        act = Act.NONE if not sha256 else Act.FORWARD if is_ahead else Act.BACK
        after = move(home, family, act, sha256, why=why or f"rolled {act}", who=person(), now_ns=now_ns)
    except NoSuchVersion as none:
        return cannot(home, COMMAND, now_ns, Exit.REFUSED, broken("NO_SUCH_VERSION", str(none), verify))
    except BadVersion as bad:
        return cannot(home, COMMAND, now_ns, Exit.CRIT, broken("BAD_VERSION", str(bad), verify))
    except BadDeskRecord as bad:
        return cannot(home, COMMAND, now_ns, Exit.CRIT, broken("RECORD_BROKEN", str(bad), "tarazu audit verify"))
    except OSError as failed:
        return cannot(home, COMMAND, now_ns, Exit.CRIT, broken("DISK", str(failed), "tarazu doctor"))
    told = acknowledged(home, family, after.active, wait_s)
    did = "uses no model" if not sha256 else "forward" if act is Act.FORWARD else "rolled back"
    return moved(home, COMMAND, now_ns, stands.active, after, told, checks, did)


def _proven(home: Home, family: str, sha256: str) -> tuple[Check, ...]:
    """Of none: who trades without its gate then. Raises BadVersion, OSError."""
    from tarazu.app.models.moving.swap import prove
    from tarazu.app.models.moving.ungated import ungated

    if sha256:
        prove(home, family, sha256)
        return ()
    told = "; ".join(ungated(home, family))
    return (Check(id="model.gate", status=Status.WARN, code="UNGATED", detail=told),) if told else ()


def _would_ungate(told: str) -> Check:
    hint = "say --ungated as well, if that is meant; or --to previous, or tarazu flags set entries=off --reason WHY"
    return Check(id="model.gate", status=Status.CRIT, code="WOULD_UNGATE", detail=told, hint=hint)


def _already(home: Home, now_ns: int, family: str, sha256: str) -> Verdict:
    return Verdict(
        command=COMMAND,
        word="OK",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=now_ns,
        summary=f"{family} {sha256[:12] or 'none'} is active already, nothing was changed",
        facts={"family": family, "before": sha256 or None, "after": sha256 or None},
    )


def _would(home: Home, now_ns: int, family: str, before: str, after: str, ungates: tuple[Check, ...]) -> Verdict:
    seen = Check(id="model.file", status=Status.OK, detail="its hash and its signature are right")
    checks = ungates or (seen,)
    return Verdict(
        command=COMMAND,
        word="WARN" if ungates else "OK",
        exit_code=exit_of(worst(checks)),
        profile=home.profile,
        now_ns=now_ns,
        summary=f"dry run: {family} {before[:12] or 'none'} -> {after[:12] or 'none'}, nothing was changed",
        checks=checks,
        facts={"family": family, "before": before or None, "after": after or None, "dry_run": True},
    )
