"""What `tarazu dst run` says of a campaign: whole, cut short, gone on with, or refused."""

from typing import Any

from tarazu.app.dst import told
from tarazu.app.dst.kept_folder import NotKept, Sitting, words
from tarazu.app.home import Profile
from tarazu.app.verdict import Check, Exit, Status, Verdict, epoch, exit_of, worst
from tarazu.dst.kept import Asked
from tarazu.dst.tally import Tally

MARKS_FROM_DAYS = 2_000
"""Of fewer days nobody can ask that every rare thing happened."""
INTERRUPTED = 130


def campaign_told(
    command: str,
    asked: Asked,
    tally: Tally,
    is_whole: bool,
    wall_s: float,
    jobs: int,
    now_ns: int,
    sitting: Sitting | None = None,
) -> Verdict:
    """Of a campaign that is kept, `tally` and `wall_s` are of all its sittings, and `sitting` is the last."""
    checks = (*told.failure_checks(tally), *_marks(tally, asked))
    found, fallen = worst(checks), asked.places - asked.days
    is_cut = not is_whole and found is not Status.CRIT
    return Verdict(
        command=command,
        word="INTERRUPTED" if is_cut else found.upper(),
        exit_code=INTERRUPTED if is_cut else exit_of(found),
        profile=Profile.SIM,
        now_ns=now_ns,
        summary=f"{tally.days:,} days of {asked.places:,}, {len(tally.failures)} with violations",
        checks=checks,
        body=(
            *told.body(tally, wall_s, jobs),
            f"corpus     {fallen} days that failed once, run first",
            *(_kept_lines(sitting) if sitting else ()),
        ),
        tail=(f"again      tarazu dst run {words(asked)} --keep {sitting.folder}",) if sitting and is_cut else (),
        facts=told.facts(tally, wall_s, jobs)
        | {"first_seed": asked.first_seed, "size": asked.size, "corpus": fallen, "code": asked.code}
        | (_kept_facts(sitting) if sitting else {}),
    )


def refused(command: str, no: NotKept, now_ns: int) -> Verdict:
    check = Check(id="dst.campaign", status=Status.CRIT, code=no.code, detail=str(no), hint=no.way_out)
    return Verdict(
        command=command,
        word="REFUSED",
        exit_code=Exit.REFUSED,
        profile=Profile.SIM,
        now_ns=now_ns,
        summary="the campaign is not gone on with",
        checks=(check,),
    )


def _marks(tally: Tally, asked: Asked) -> tuple[Check, ...]:
    if not tally.never_hit or tally.days < MARKS_FROM_DAYS or asked.size == "small":
        return ()
    never = ", ".join(tally.never_hit)
    return (Check(id="dst.marks", status=Status.WARN, code="NEVER_HIT", detail=f"never happened: {never}"),)


def _kept_lines(sitting: Sitting) -> tuple[str, ...]:
    kept = sitting.kept
    spent = f"{kept.cpu_s:,.0f} CPU s of days, {kept.wall_s:,.0f} s in all"
    return (
        f"kept       {sitting.folder}: {kept.sittings} {'sitting' if kept.sittings == 1 else 'sittings'}, {spent}",
        f"code       {kept.asked.code[:12]} ({kept.source})",
    )


def _kept_facts(sitting: Sitting) -> dict[str, Any]:
    kept = sitting.kept
    return {
        "kept": str(sitting.folder),
        "source": kept.source,
        "sittings": kept.sittings,
        "cpu_s": round(kept.cpu_s, 3),
        "began_epoch": epoch(kept.began_ns),
        "last_epoch": epoch(kept.last_ns),
    }
