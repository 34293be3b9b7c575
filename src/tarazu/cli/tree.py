"""Which commands there are."""

import click

from tarazu.cli.lazy import LazyGroup
from tarazu.cli.version import show_version

SIM = {
    "serve": ("tarazu.ops.sim_serve", "Run a simulated broker: Kite's REST and ticker on this machine."),
    "run": ("tarazu.ops.sim_run", "Run one command against a simulated broker of its own."),
    "faults": ("tarazu.ops.sim_faults", "List what can be made to go wrong."),
}

FEED = {
    "status": ("tarazu.ops.feed_status", "What the feed is worth now: every feed, connection, the recording."),
    "history": ("tarazu.ops.feed_history", "The feed's events of a day, and what they amount to."),
    "tail": ("tarazu.ops.feed_tail", "Follow the feed as it is recorded."),
    "record": ("tarazu.ops.feed_record", "Record a clip, or cut one from a past day; sim serve --replay plays it."),
    "clear-breaker": ("tarazu.ops.feed_clear_breaker", "Let the feed dial again after a storm of reconnects."),
}

DATA = {
    "list": ("tarazu.ops.data_list", "The recorded days."),
    "verify": ("tarazu.ops.data_verify", "Check every frame of a recorded day."),
    "convert": ("tarazu.ops.data_convert", "A recorded day as Parquet, proven row for row."),
    "restore": ("tarazu.ops.data_restore", "A recorded day back from Parquet."),
    "bars": ("tarazu.ops.data_bars", "Bars of a recorded day."),
    "chart": ("tarazu.ops.data_chart", "A recorded day as a picture, in one HTML file."),
}

AUDIT = {
    "verify": ("tarazu.ops.audit_verify", "Is the journal what was written? Names and locates what is not."),
    "prove": ("tarazu.ops.audit_prove", "Prove one entry by a signed checkpoint, for others to verify."),
    "show": ("tarazu.ops.audit_show", "Show the journal's entries."),
    "daily": ("tarazu.ops.audit_daily", "The day proven: journal, completeness, replay, results, limits; a report."),
}

RUN = {
    "demo": ("tarazu.ops.demo", "The whole day in two minutes: a real stack, an incident, a close that balances."),
    "init": ("tarazu.ops.init", "A home to begin with: settings with limits, and where secrets go."),
    "doctor": ("tarazu.ops.doctor", "Is this machine fit for the desk, and what would make it so?"),
    "ready": ("tarazu.ops.ready", "May we trade today? READY or NOT_READY, and why."),
    "up": ("tarazu.ops.up", "Start what is not running, and wait until it works."),
    "down": ("tarazu.ops.down", "Stop it."),
    "restart": ("tarazu.ops.restart", "Stop one process and start it again."),
    "status": ("tarazu.ops.status", "The desk now: every process, the risk state, the feed, the books."),
    "top": ("tarazu.ops.top", "The same as a screen that goes on."),
    "logs": ("tarazu.ops.logs", "What a process printed."),
    "ops": ("tarazu.ops.summary", "The half-hour look: what has happened, against the window before."),
    "flatten": (
        "tarazu.ops.flatten",
        "Leave every position, by the broker's own books: a plan, or with --live the orders.",
    ),
    "sla": ("tarazu.ops.sla", "The lags and losses that are promised, against their limits."),
    "explain": ("tarazu.ops.explain", "What a code means, what to do about it, and when it was last said here."),
    "why": ("tarazu.ops.why", "The story of one order: who wanted it, what became of it, and why."),
    "strategies": ("tarazu.ops.strategies", "What ships, what it can be told, and what this profile runs."),
    "decisions": ("tarazu.ops.decisions", "What the strategies decided, what came of it, and what each refusal cost."),
    "backtest": ("tarazu.ops.backtest", "A strategy on past or made days, by the engine that trades."),
    "paper": ("tarazu.ops.paper", "The paper desk: the real market, orders that stay on this machine."),
    "replay": ("tarazu.ops.replay", "A journalled day again, and whether it is decided the same."),
    "approvals": ("tarazu.ops.approvals", "What waits for a person's leave, and what leave would come to now."),
    "controls": ("tarazu.ops.controls", "Which controls hold, by what the tests have shown on this source."),
    "reconcile": ("tarazu.ops.reconcile", "Intents, orders, trades, positions and money, compared with the broker's."),
    "rollup": ("tarazu.ops.rollup", "The day's statistics, and its logs and frames archived."),
    "completion": ("tarazu.ops.completion", "What makes bash, zsh or fish complete the names of all this."),
}

DR = {
    "backup": ("tarazu.ops.dr_backup", "Everything a desk needs, in one signed file whose restore is proven."),
    "verify": ("tarazu.ops.dr_verify", "Is a backup what was written, and would it restore?"),
    "restore": ("tarazu.ops.dr_restore", "A home from a backup."),
    "drill": ("tarazu.ops.dr_drill", "Lose a home, restore it, and say how long that took."),
}

EXPORT = {
    "trades": ("tarazu.ops.export_trades", "The trade log: CSV, Excel or Parquet."),
}

FLAGS = {
    "list": ("tarazu.ops.flags_list", "Every flag, its value, and whether the running processes have it."),
    "set": ("tarazu.ops.flags_set", "A new version of the flags."),
    "rollback": (
        "tarazu.ops.flags_rollback",
        "Back to the last set that is known to be good, or to one that is named.",
    ),
}

MODEL = {
    "list": ("tarazu.ops.model_list", "Every version of every family, and which one is active."),
    "show": (
        "tarazu.ops.model_show",
        "One version: what it was made from, its figures, and whether it is what it says.",
    ),
    "promote": ("tarazu.ops.model_promote", "Make a version the active one, if it has earned it."),
    "rollback": ("tarazu.ops.model_rollback", "Back to the version before, or forward again."),
}

TRAIN = {
    "xgb": ("tarazu.ops.train_xgb", "Boosted trees on recorded or made days, judged out of sample and net of charges."),
}

CLOSE = {
    "import-note": ("tarazu.ops.close_import_note", "Take in the broker's contract note, to be reconciled."),
}

SESSION = {
    "check": ("tarazu.ops.session_check", "Does the broker take our token?"),
    "login": ("tarazu.ops.session_login", "Today's access token, from the redirect of Kite's login."),
    "logout": ("tarazu.ops.session_logout", "End the session at the broker, and forget its token."),
}

RISK = {
    "show": ("tarazu.ops.risk_show", "P&L, exposure and limits, reckoned anew from the broker's books."),
    "limits": ("tarazu.ops.risk_limits", "Every limit, and where it was set."),
    "halt": ("tarazu.ops.risk_halt", "HARD_HALT: no entries, until a person resets it."),
    "reduce-only": ("tarazu.ops.risk_reduce_only", "SOFT_HALT: exits alone, until a person resets it."),
    "reset-halt": ("tarazu.ops.risk_reset_halt", "Take a halt back, once what caused it was understood."),
}

INCIDENT = {
    "list": ("tarazu.ops.incident_list", "Incidents, the open ones first."),
    "show": ("tarazu.ops.incident_show", "One incident and its timeline."),
    "open": ("tarazu.ops.incident_open", "Open one by hand."),
    "ack": ("tarazu.ops.incident_ack", "Somebody looks at it."),
    "note": ("tarazu.ops.incident_note", "Write down what was found."),
    "close": ("tarazu.ops.incident_close", "It is over, and why."),
    "bundle": ("tarazu.ops.incident_bundle", "Everything about it in one file, without secrets."),
    "verify": ("tarazu.ops.incident_verify", "Is a bundle what was written?"),
}

ALERTS = {
    "list": ("tarazu.ops.alerts_list", "Alerts, and whether somebody has them."),
    "ack": ("tarazu.ops.alerts_ack", "Somebody has it: it is not sent again."),
    "test": ("tarazu.ops.alerts_test", "Send one everywhere, and say where it arrived."),
}

CONFIG = {
    "show": ("tarazu.ops.config_show", "Every value, and where it is from."),
    "explain": ("tarazu.ops.config_explain", "What one setting means."),
    "validate": ("tarazu.ops.config_validate", "Can the settings be used?"),
    "diff": ("tarazu.ops.config_diff", "What differs from the defaults, or from what runs."),
}

RUNBOOK = {
    "list": ("tarazu.ops.runbook_list", "The runbooks, and their runs of today."),
    "show": ("tarazu.ops.runbook_show", "The steps of one."),
    "run": ("tarazu.ops.runbook_run", "Do it, step by step, each checked and written down."),
    "resume": ("tarazu.ops.runbook_resume", "Go on with a run that was broken off."),
    "evidence": ("tarazu.ops.runbook_evidence", "What a run did, and what was seen."),
    "check": (
        "tarazu.ops.runbook_check",
        "Is every command of the runbook there, and the document what it is made from?",
    ),
}

DRILL = {
    "list": ("tarazu.ops.drill_list", "What can be rehearsed."),
    "run": ("tarazu.ops.drill_run", "Rehearse one on a simulated broker of its own, with real processes."),
}

SERVICE = {
    "install": ("tarazu.ops.service_install", "systemd units for the desk's processes."),
}

ENGINE = {
    "status": ("tarazu.ops.engine_status", "What the engine may do now, and why no more than that."),
    "tell": ("tarazu.ops.engine_tell", "Tell the engine: halt, flatten, entries off, and back."),
}

DB = {
    "rebuild": ("tarazu.ops.db_rebuild", "The database anew from the journal, checked and swapped in."),
    "check": ("tarazu.ops.db_check", "Is every page what was written, and how far behind is it?"),
}

DST = {
    "run": ("tarazu.ops.dst_run", "Live simulated days among faults, and count what went wrong."),
    "seed": ("tarazu.ops.dst_seed", "One simulated day, told; and the smallest that still fails."),
    "mutants": ("tarazu.ops.dst_mutants", "Would the simulation notice? Known bugs, switched in one by one."),
    "crashpoints": ("tarazu.ops.dst_crashpoints", "Kill the process at every effect of a day."),
    "bench": ("tarazu.ops.dst_bench", "How many simulated days a minute."),
}


GROUPS = (
    ("feed", FEED, "The feed: depth_ws and what it recorded."),
    ("engine", ENGINE, "The engine: main, and what it is told."),
    ("data", DATA, "Recorded days: check, convert, look at them."),
    ("audit", AUDIT, "The journal, and the day it tells of."),
    ("db", DB, "The database: a view of the journal."),
    ("dst", DST, "Deterministic simulation of whole days."),
    ("sim", SIM, "The broker in a box: Kite's REST and ticker on this machine."),
    ("session", SESSION, "The broker's session: today's token."),
    ("risk", RISK, "The risk state, and what may change it."),
    ("incident", INCIDENT, "Incidents: what happened, who looks at it, and its bundle."),
    ("alerts", ALERTS, "Alerts: what was sent, and whether somebody has it."),
    ("config", CONFIG, "The settings, and where each is from."),
    ("runbook", RUNBOOK, "The runbook, as something that runs."),
    ("drill", DRILL, "Incidents, rehearsed on a broker of their own."),
    ("close", CLOSE, "The close of a day: the broker's contract note."),
    ("dr", DR, "Backups, and the way back from them."),
    ("export", EXPORT, "What others read: tables in files."),
    ("flags", FLAGS, "The flags that running processes obey."),
    ("model", MODEL, "Models: versions, which one is active, and the way back."),
    ("train", TRAIN, "Train a model, judged out of sample."),
    ("service", SERVICE, "The desk under systemd."),
)

# The order of a newcomer, and then of a day.
SECTIONS = (
    ("Start here", ("demo", "init", "doctor", "drill", "explain", "completion")),
    ("Before the open", ("ready", "session", "config", "flags", "model")),
    ("Run", ("up", "down", "restart", "runbook", "service")),
    ("Watch", ("status", "top", "ops", "sla", "feed", "engine", "risk", "alerts", "logs")),
    ("Ask why", ("why", "decisions", "strategies")),
    ("Act", ("flatten", "approvals", "incident")),
    ("After the close", ("reconcile", "audit", "dr", "export", "rollup", "close", "db")),
    ("Research", ("backtest", "paper", "replay", "train", "data")),
    ("A broker in a box, and what holds the rest together", ("sim", "dst", "controls", "bench")),
)

EPILOG = """
\b
Exit codes:
    0  good, or done
    1  a warning: degraded, or done with something to look at
    2  bad: NOT_READY, a breach, a halt; an action failed and changed nothing
    3  cannot tell; of an action: its outcome is unknown
    4  refused by a guard: mode, halt, lock, confirmation
    5  in part: what is left is listed
   64  a misuse of the command line     70  a bug of tarazu     130  Ctrl-C

\b
Environment:
  TARAZU_HOME             where the desk's files are; default: var/ in the working directory
  TARAZU_PROFILE          sim, paper or live; default: sim
  TARAZU__SECTION__KEY    one setting, before tarazu.toml: tarazu config show
  TARAZU_ALLOW_LIVE       1: main of the live profile may start
  NO_COLOR                no colour on screens that go on

\b
Examples:
  tarazu --version                    which program this is, down to the hash of what decides
  tarazu ready --help                 what one command does, its exit codes, and examples
  tarazu up                           in the sim profile a whole desk with a broker of its own
  tarazu status --json                one object for machines; most commands have it
"""


@click.group(cls=LazyGroup, lazy=RUN, sections=SECTIONS, epilog=EPILOG)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=show_version,
    help="Show which program this is, and exit.",
)
def tree() -> None:
    """Live trading for NSE through Kite Connect, and a broker in a box to try it against.

    A command's first line is its verdict, its exit code says the same, and every command has --help. Read commands
    change nothing.
    """


for _name, _verbs, _told in GROUPS:
    tree.add_command(LazyGroup(_name, lazy=_verbs, help=_told, no_args_is_help=True))


BENCH = """
\b
Examples:
  tarazu bench decode            frames of 1,000 packets, against the official ticker's parser
  tarazu bench orderpath --json  one JSON object a case
"""


@tree.command(epilog=BENCH)
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a case, the machine first.")
def bench(name: str, as_json: bool) -> int:
    """Run one benchmark beside its peer.

    Benchmarks are in a source checkout: `make bench` names and runs them all.

    Exit code 0: every goal met; 1: one was missed; 2: there is no such benchmark.
    """
    from tarazu.ops.bench import run

    return run(name, as_json)
