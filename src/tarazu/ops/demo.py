"""`tarazu demo`: the whole day in two minutes, on a simulated broker of its own."""

import contextlib
import shlex
import signal
import sys
import time
import webbrowser
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tarazu.app.home import Profile
from tarazu.app.verdict import Check, Exit, Status, Verdict
from tarazu.model.units import rupees_text

if TYPE_CHECKING:
    from tarazu.app.demo.told import DemoTold, Onlooker

INTERRUPTED = 130
BREAK_OFF = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a machine that goes down, a window that is closed: processes are taken down before it ends."""
REPORT = "report.html"


EXAMPLES = """
\b
Examples:
  tarazu demo                                                      the whole day on this terminal, in var/demo
  tarazu demo --seed 7 --scenario crash --incident main-killed     another market, and another thing that breaks
  tarazu demo --plain --folder /tmp/demo                           as lines, and elsewhere
"""


@click.command("demo", epilog=EXAMPLES)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another market.")
@click.option("--scenario", default="normal", show_default=True, help="The kind of day (tarazu sim serve --help).")
@click.option("--speed", type=float, default=1.0, show_default=True, help="Market seconds a real one, 0.1 to 2.")
@click.option("--incident", default="mute-feed", show_default=True, help="What goes wrong; a wrong name lists them.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The market's day; default: today, or the next one.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where it lives; the run before is kept in it once, as `previous`.",
)
@click.option("--open", "opens", is_flag=True, help="Show the report in a browser when it is done.")
@click.option("--plain", is_flag=True, help="Lines instead of a screen, as where there is no terminal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def command(
    seed: int,
    scenario: str,
    speed: float,
    incident: str,
    day: datetime | None,
    folder: Path,
    opens: bool,
    plain: bool,
    as_json: bool,
) -> int:
    """Trade a whole day in two minutes: a simulated broker and the real processes, walked through by the runbook's own
    commands, with one incident and its playbook, to a close whose books balance to the paisa.

    Needs no account, no network and no settings, and touches nothing but its folder. Nothing of it runs on afterwards;
    what it leaves is a desk's home with a closed day, and report.html.

    Exit code 0: every step was as expected, every invariant held and the books balance; 2: something was missed, and
    what; 4: it was not begun, and why; 130: broken off by Ctrl-C, everything is down.
    """
    from tarazu.app.demo.options import BadDemo, DemoOptions
    from tarazu.app.demo.report.whole import page
    from tarazu.app.demo.walk import demo
    from tarazu.app.supervision.progress_line import progress_line
    from tarazu.app.warm import warm_up

    asked = DemoOptions(
        seed=seed,
        scenario=scenario,
        speed=speed,
        incident=incident,
        day=day.date() if day is not None else None,
        folder=folder,
    )
    for number in BREAK_OFF:
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup keeps it
            signal.signal(number, _break_off)
    try:
        with progress_line() as tell:
            warm_up(tell)  # before its clock begins: nobody waits for a process that compiles
        told = demo(asked, _watcher(plain, as_json), page)
    except BadDemo as bad:
        return _refused(str(bad)).show(as_json)
    except OSError as lost:
        return _not_written(lost, folder).show(as_json)
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):  # its window may be the one that was closed
            print(
                f"INTERRUPTED  SIM  demo broken off, and everything is down; what there is: {folder}", file=sys.stderr
            )
        return INTERRUPTED
    code = ended(told, folder).show(as_json)
    if opens:
        webbrowser.open((folder / REPORT).absolute().as_uri())
    return code


def _break_off(number: int, frame: object) -> None:
    """Once: what takes the processes down is not to be broken off, too."""
    for each in BREAK_OFF:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def ended(told: "DemoTold", folder: Path) -> Verdict:
    """Of a day that went to its end."""
    good = sum(check.status is Status.OK for check in told.proofs)
    told_of = f"{good} of {len(told.proofs)} proofs hold, {len(told.fills)} fills, {told.took_s:.0f} s"
    return Verdict(
        command="demo",
        word="PASSED" if told.status is Status.OK else "FAILED",
        exit_code=Exit.OK if told.status is Status.OK else Exit.CRIT,
        profile=Profile.SIM,
        now_ns=time.time_ns(),
        summary=f"demo of {told.day}, {told.scenario}, {told.incident}: {told_of}",
        checks=tuple(told.proofs),
        body=tuple(_body(told)),
        tail=(f"report    {folder / REPORT}", *_look_first(told, folder), "try next", *_next(told)),
        facts={"demo": {name: getattr(told, name) for name in _FACTS}, "folder": str(folder)},
    )


_FACTS = ("seed", "scenario", "incident", "day", "took_s", "first_tick_s", "first_fill_s", "broker", "ours", "files")


def _body(told: "DemoTold") -> Iterator[str]:
    first = (("first tick", told.first_tick_s), ("first fill", told.first_fill_s))
    yield "after     " + ", ".join(f"{name} {'never' if at_s is None else f'{at_s:.1f} s'}" for name, at_s in first)
    for whose, books in (("broker", told.broker), ("ours", told.ours)):
        if books is None:
            yield f"{whose:<9} not told"
            continue
        counted = f"{books.orders} orders, {books.trades} trades, {books.units_bought} bought, {books.units_sold} sold"
        money = ("gross", books.gross_paise), ("charges", books.charges_paise), ("net", books.net_paise)
        yield f"{whose:<9} {counted}, {', '.join(f'{name} {rupees_text(paise)}' for name, paise in money)}"


def _look_first(told: "DemoTold", folder: Path) -> Iterator[str]:
    """Where something was missed."""
    if told.status is not Status.OK:
        home = f"TARAZU_HOME={shlex.quote(str(folder / 'home'))}"
        yield f"look first  the report has each step with what was expected and seen; then {home} tarazu logs main"


def _not_written(lost: OSError, folder: Path) -> Verdict:
    """A disk that is full, most of all."""
    return Verdict(
        command="demo",
        word="FAILED",
        exit_code=Exit.CRIT,
        profile=Profile.SIM,
        now_ns=time.time_ns(),
        summary="its result could not be written, and everything is down",
        checks=(Check(id="demo.written", status=Status.CRIT, code="NOT_WRITTEN", detail=f"{folder}: {lost}"),),
    )


def _next(told: "DemoTold") -> Iterator[str]:
    width = max((len(command) for command, _ in told.next), default=0)
    yield from (f"  {command:<{width}}  {shows}" for command, shows in told.next)


def _refused(why: str) -> Verdict:
    return Verdict(
        command="demo",
        word="REFUSED",
        exit_code=Exit.REFUSED,
        profile=Profile.SIM,
        now_ns=time.time_ns(),
        summary="nothing was begun",
        checks=(Check(id="demo", status=Status.CRIT, code="REFUSED", detail=why),),
    )


def _watcher(plain: bool, as_json: bool) -> "Onlooker":
    """With --json stdout is the object's alone: the lines go to standard error."""
    from tarazu.app.demo.view.onlooker import onlooker
    from tarazu.app.demo.view.plain_lines import PlainLines

    return PlainLines(sys.stderr) if as_json else onlooker(plain)
