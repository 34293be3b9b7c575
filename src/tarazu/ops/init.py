"""`tarazu init`: a home to begin with."""

import time

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Check, Exit, Status, Verdict

_NEXT = {
    Profile.SIM: ("tarazu doctor", "tarazu up"),
    Profile.PAPER: ("edit .env: KITE_API_KEY, KITE_API_SECRET", "tarazu session login --prompt-token --update-env"),
    Profile.LIVE: (
        "edit .env: KITE_API_KEY, KITE_API_SECRET",
        "edit tarazu.toml: the limits of [engine] and [engine.risk], without which no entry passes",
        "tarazu config validate",
        "tarazu doctor",
        "tarazu session login --prompt-token --update-env",
    ),
}

EXAMPLES = """
\b
Examples:
  tarazu init                   the sim desk: limits set, nothing to fill in
  tarazu init --profile live    then: its tarazu.toml and .env, and `tarazu config validate --profile live`
"""


@click.command("init", epilog=EXAMPLES)
@click.option("--encrypt", is_flag=True, help="Seal .env into .env.age with the key that TARAZU_AGE_IDENTITY names.")
@feed_flags
def command(encrypt: bool, profile: str | None, as_json: bool) -> int:
    """Make the profile's home: its folders (0700), tarazu.toml with every setting explained, and .env (0600) for the
    credentials. In sim the limits are set, and `tarazu up` needs nothing more; in paper and live they are to be filled
    in. What is there is never overwritten.

    Exit code 0: it is there; 2: it cannot be made, and why.
    """
    return init(home_of(profile), encrypt).show(as_json)


def init(home: Home, encrypt: bool) -> Verdict:
    from tarazu.app.config.begun import begin
    from tarazu.app.secrets.sealing import seal
    from tarazu.app.secrets.store import BadSecrets

    try:
        begun = begin(home)
        sealed = seal(home) if encrypt else None
    except (OSError, BadSecrets) as bad:
        return _failed(home, bad)
    return Verdict(
        command="init",
        word="DONE",
        exit_code=Exit.OK,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=str(home.root),
        body=(
            *(f"{each.did:<8}{each.path.name}" for each in begun),
            *((f"sealed  {sealed.name}: .env was encrypted and removed",) if sealed else ()),
        ),
        tail=tuple(f"next    {step}" for step in _NEXT[home.profile]),
        facts={"home": str(home.root), "files": {each.path.name: str(each.did) for each in begun}},
    )


def _failed(home: Home, bad: Exception) -> Verdict:
    disk = isinstance(bad, OSError)
    told = f"{bad.filename or home.root}: {bad.strerror}" if isinstance(bad, OSError) else str(bad)
    hint = f"look at {home.root.parent}, or set TARAZU_HOME to a folder of yours" if disk else "tarazu doctor"
    code = "CANNOT_WRITE" if disk else "NOT_SEALED"
    return Verdict(
        command="init",
        word="NOT_DONE",
        exit_code=Exit.CRIT,
        profile=home.profile,
        now_ns=time.time_ns(),
        summary=str(home.root),
        checks=(Check(id="home", status=Status.CRIT, code=code, detail=told, hint=hint),),
    )
