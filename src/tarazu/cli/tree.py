"""Which commands there are."""

import click

from tarazu import __version__
from tarazu.cli.lazy import LazyGroup

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


@click.group(cls=LazyGroup, lazy=RUN)
@click.version_option(__version__, prog_name="tarazu", message="%(prog)s %(version)s")
def tree() -> None:
    """tarazu: live trading for NSE through Kite Connect, and a broker in a box to try it against."""


tree.add_command(LazyGroup("feed", lazy=FEED, help="The feed: depth_ws and what it recorded.", no_args_is_help=True))
tree.add_command(LazyGroup("engine", lazy=ENGINE, help="The engine: main, and what it is told.", no_args_is_help=True))
tree.add_command(LazyGroup("data", lazy=DATA, help="Recorded days.", no_args_is_help=True))
tree.add_command(LazyGroup("audit", lazy=AUDIT, help="The journal, and the day it tells of.", no_args_is_help=True))
tree.add_command(LazyGroup("db", lazy=DB, help="The database: a view of the journal.", no_args_is_help=True))
tree.add_command(LazyGroup("dst", lazy=DST, help="Deterministic simulation of whole days.", no_args_is_help=True))
tree.add_command(LazyGroup("sim", lazy=SIM, help="The broker in a box.", no_args_is_help=True))


tree.add_command(LazyGroup("session", lazy=SESSION, help="The broker's session.", no_args_is_help=True))
tree.add_command(LazyGroup("risk", lazy=RISK, help="The risk state, and what may change it.", no_args_is_help=True))
tree.add_command(LazyGroup("incident", lazy=INCIDENT, help="Incidents.", no_args_is_help=True))
tree.add_command(LazyGroup("alerts", lazy=ALERTS, help="Alerts.", no_args_is_help=True))
tree.add_command(LazyGroup("config", lazy=CONFIG, help="The settings, and where each is from.", no_args_is_help=True))
tree.add_command(LazyGroup("runbook", lazy=RUNBOOK, help="The runbook, as something that runs.", no_args_is_help=True))
tree.add_command(LazyGroup("drill", lazy=DRILL, help="Incidents, rehearsed.", no_args_is_help=True))
tree.add_command(LazyGroup("close", lazy=CLOSE, help="The close of a day.", no_args_is_help=True))
tree.add_command(LazyGroup("dr", lazy=DR, help="Backups, and the way back from them.", no_args_is_help=True))
tree.add_command(LazyGroup("export", lazy=EXPORT, help="What others read: tables in files.", no_args_is_help=True))
tree.add_command(LazyGroup("flags", lazy=FLAGS, help="The flags that running processes obey.", no_args_is_help=True))
tree.add_command(LazyGroup("model", lazy=MODEL, help="Models: versions, and which is active.", no_args_is_help=True))
tree.add_command(LazyGroup("train", lazy=TRAIN, help="Train a model.", no_args_is_help=True))
tree.add_command(LazyGroup("service", lazy=SERVICE, help="The desk under systemd.", no_args_is_help=True))


@tree.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a case, the machine first.")
def bench(name: str, as_json: bool) -> int:
    """Run one benchmark beside its peer: `make bench` names them all.

    Exit code 0: every goal met; 1: one was missed; 2: there is no such benchmark.
    """
    from tarazu.ops.bench import run

    return run(name, as_json)
