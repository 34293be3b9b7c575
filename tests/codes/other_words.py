"""What is written like a code and is none, each with why; and enumerations whose words nobody is told as a code."""

ENVIRONMENT = ("TARAZU_", "KITE_", "XDG_", "NUMBA_", "SUPERVISOR_", "SC_", "PC_")
"""Beginnings of names of the environment and of the operating system."""

OTHER_WORDS = {
    "ALERT_URLS": "the ending of a secret's name",
    "EVENT_COUNT": "a place in a template",
    "GENERATED_AT": "a column of the master's file",
    "NOT_PLACED": "an answer's kind, told in words",
    "OPTION_COLUMNS": "columns of the option chain",
    "OPTION_FAR": "a class of instruments",
    "OPTION_NEAR": "a class of instruments",
    "RECV_NS": "a column of the market state",
    "STEP_COUNT": "a place in a template",
    "STEP_TABLE": "a place in a template",
    "VOL_FRZ_QTY": "a column of the exchange's list",
}

OTHER_CODES = frozenset({"CRIT", "WARN", "SEV1", "SEV2", "UNKNOWN", "INFO"})
"""Found in the place of a code because another function of the same name has something else there."""

MADE_OF_TWO = {"*_TROUBLE": "TROUBLE", "*_WELL": "WELL"}
"""Of two computed parts; by the text of the second."""

OTHER_IDS = frozenset({"*-*", "body", "foot", "head", "panes", "rdy-*-*"})
"""Ids of other things than checks: parts of a screen, alerts, receipts, differences."""

STORIES = ("app/drills/", "app/demo/")
"""Where an id names a step of a story, which tells it itself."""

OTHER_VERDICTS = frozenset({"EXPIRED", "ODD", "GET", "POST"})
"""Words that functions take under the name `word`, and no verdict begins with."""

INNER = {
    "tarazu.adapters.kite_broker.calls.Call": "kinds of requests",
    "tarazu.app.account.reading.Book": "names of the broker's books",
    "tarazu.app.account.reading.Why": "the end of BROKER_* codes",
    "tarazu.app.config.begun.Did": "told in words",
    "tarazu.app.config.values.Origin": "told in words",
    "tarazu.app.controls.evidence.Outcome": "pytest's words",
    "tarazu.app.controls.matrix.State": "in the room `runbook`, beside the checks of the controls",
    "tarazu.app.demo.told.Chapter": "told in words",
    "tarazu.app.demo.told.Kind": "told in words",
    "tarazu.app.flatten.leaving.By": "told in words",
    "tarazu.app.home.Profile": "profiles",
    "tarazu.app.incidents.incident.Act": "told in words",
    "tarazu.app.models.judging.promotion.GateName": "the end of gate.* ids",
    "tarazu.app.models.moving.trail.Act": "told in words",
    "tarazu.app.readiness.gate.GatePhase": "told in words",
    "tarazu.app.reconcile.breaks.Against": "names of the broker's books",
    "tarazu.app.runbook.runs.record.Event": "of the desk's record, told in words",
    "tarazu.app.secrets.store.Name": "names of the environment",
    "tarazu.app.session.exchange.Why": "told in words",
    "tarazu.app.trade_log.formats.Format": "formats of files",
    "tarazu.app.training.outcomes.Left": "told in words",
    "tarazu.app.training.outcomes.NoTrade": "told in words",
    "tarazu.engine.acts.Severity": "severities, in the rooms `incidents` and `states`",
    "tarazu.engine.messages.Call": "kinds of requests",
    "tarazu.engine.messages.What": "kinds of reads",
    "tarazu.market.breaker.ClearRefusal": "in the room `feed`",
    "tarazu.market.feeds.FeedClass": "classes of instruments",
    "tarazu.market.selection_plan.StreamMode": "Kite's modes",
    "tarazu.market.sentinel.Agreement": "told in words",
    "tarazu.market.sighting.Link": "of the engine's own judgement",
    "tarazu.model.calendar.Pace": "a setting's values",
    "tarazu.model.calendar.Venue": "a setting's values",
    "tarazu.model.instrument.Exchange": "the exchange's words",
    "tarazu.model.instrument.Kind": "the exchange's words",
    "tarazu.model.order.OrdType": "the exchange's words",
    "tarazu.model.order.Product": "the exchange's words",
    "tarazu.model.order.Side": "the exchange's words",
    "tarazu.model.order.Validity": "the exchange's words",
    "tarazu.model.order.Variety": "Kite's words",
    "tarazu.orders.asks.AskPhase": "of the blotter's own state",
    "tarazu.orders.client_order_id.TagKind": "of the blotter's own judgement",
    "tarazu.orders.legs.Move": "of a spread's own plan",
    "tarazu.orders.legs.Stand": "of a spread's own plan",
    "tarazu.orders.lifecycle.Heard": "of the lifecycle's table",
    "tarazu.orders.report.AnswerKind": "told in words",
    "tarazu.orders.report.Word": "the broker's words, beside our own statuses",
    "tarazu.orders.throttle.SendKind": "kinds of requests",
    "tarazu.orders.throttle.Window": "told in words",
    "tarazu.portfolio.postings.Units": "Kite's words",
    "tarazu.runtime.desk_record.DeskKind": "kinds of the desk's record, told in words",
    "tarazu.strategy.scored.ModelKind": "a setting's values",
}
"""Enumerations of which no room holds every word, and why."""
