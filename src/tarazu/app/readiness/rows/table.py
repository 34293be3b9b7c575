"""The gate's rows, in the order in which they are told. Ids are published: none is renamed, none is taken away."""

import logging

from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows import backup, book, broker, day, desk, flags, process, record, risk, ship
from tarazu.app.readiness.rows.row import Row, unknown
from tarazu.app.verdict import Check, Status

log = logging.getLogger("tarazu.readiness")

ROWS = (
    Row("config", desk.config),
    Row("secrets", desk.secrets),
    Row("leave", desk.leave),
    Row("disk", record.disk),
    Row("db.write", record.db_write),
    Row("db.schema", record.db_schema),
    Row("audit.chain", record.chain),
    Row("desk.chain", record.record),
    Row("lock", record.lock),
    Row("ship", ship.ship),
    Row("backup", backup.backup),
    Row("session.token", broker.token),
    Row("session.expiry", broker.expiry),
    Row("static_ip", broker.static_ip),
    Row("clock.skew", broker.skew),
    Row("calendar.horizon", day.calendar),
    Row("rules.horizon", day.dated),
    Row("instruments", day.instruments),
    Row("freeze_qty", day.freeze),
    Row("limits", desk.limits),
    Row("strategies", desk.strategies),
    Row("model", desk.model),
    Row("flags", flags.flags),
    Row("reconcile", book.reconcile),
    Row("risk", risk.risk),
    Row("breaker", risk.breaker),
    Row("incidents", risk.incidents),
    Row("notify", risk.notify),
    Row("processes", process.processes, in_session=True),
    Row("engine", process.engine, in_session=True),
    Row("feed", process.feeds, in_session=True),
)


def looked(look: Look, row: Row) -> tuple[Check, ...]:
    """The row's checks. A machine that fails at it (a disk that does not read) is a row that cannot be told; so is a
    bug of the row, which hides no other."""
    at = Check(id=row.id, status=Status.OK)
    try:
        found = row.look(look, at)
    except OSError as failed:
        return (unknown(at, "CANNOT_LOOK", f"{type(failed).__name__}: {failed}", f"df -h; ls -ld {look.home.root}"),)
    except Exception as bug:
        log.exception("the row %s", row.id)
        told = f"a bug, please report it: {type(bug).__name__}: {bug}"
        return (unknown(at, "BUG", told, f"tarazu ready --only {row.id}"),)
    return (found,) if isinstance(found, Check) else found
