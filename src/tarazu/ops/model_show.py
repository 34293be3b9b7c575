"""`tarazu model show`: one version, what it was made from, its figures, and whether it is what it says."""

import click

from tarazu.app.feed.flags import feed_flags, home_of
from tarazu.app.home import Home
from tarazu.app.verdict import Verdict

EXAMPLES = """
\b
Examples:
  tarazu model show --family xgb                       the active one
  tarazu model show --family xgb --version latest      what promotion would say of the newest
"""


@click.command("show", epilog=EXAMPLES)
@click.option("--family", required=True, help="Which models: xgb.")
@click.option(
    "--version", "asked", default="active", show_default=True, help="active, previous, next, latest, or a hash."
)
@feed_flags
def command(family: str, asked: str, profile: str | None, as_json: bool) -> int:
    """Show a version beside the active one: data, code, parameters, figures out of sample, the gates of its promotion,
    drift, its days in the shadow, and every change of the family.

    Reads the journal of the last days; changes nothing.

    Exit code 0: it is what it says; 1: a gate is not passed, or it has drifted; 2: its file or manifest is altered; 3:
    a gate cannot be told; 4: there is no such version.
    """
    return shown(home_of(profile), family, asked).show(as_json)


def shown(home: Home, family: str, asked: str) -> Verdict:
    from tarazu.app.incidents.moment import desk_now_ns
    from tarazu.app.models.moving.answers import broken, cannot
    from tarazu.app.models.moving.naming import NoSuchVersion, family_of, version_named
    from tarazu.app.models.moving.swap import prove, standing
    from tarazu.app.models.page import page
    from tarazu.app.models.versions import BadVersion
    from tarazu.app.settings import BadSettings, read_settings
    from tarazu.app.verdict import Exit
    from tarazu.runtime.desk_record import BadDeskRecord

    command, now_ns, hint = "model.show", desk_now_ns(home), "tarazu model list"
    try:
        settings = read_settings(home.settings_file).models
        stands = standing(home, family_of(home, family))
        sha256 = version_named(home, stands, asked)
        if not sha256:
            raise NoSuchVersion("none is no version to be shown")
        prove(home, family, sha256)
        return page(home, stands, sha256, settings, now_ns)
    except NoSuchVersion as none:
        return cannot(home, command, now_ns, Exit.REFUSED, broken("NO_SUCH_VERSION", str(none), hint))
    except BadVersion as bad:
        return cannot(home, command, now_ns, Exit.CRIT, broken("BAD_VERSION", str(bad), hint))
    except BadSettings as bad:
        return cannot(home, command, now_ns, Exit.CRIT, broken("BAD_SETTINGS", str(bad), "tarazu config validate"))
    except (BadDeskRecord, OSError) as bad:
        return cannot(home, command, now_ns, Exit.CRIT, broken("RECORD_BROKEN", str(bad), "tarazu audit verify"))
