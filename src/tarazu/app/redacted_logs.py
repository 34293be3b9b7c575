"""Credentials taken out of what a process logs, and of what an unhandled exception prints."""

import logging
import sys
import threading
from collections.abc import Mapping
from types import TracebackType

from tarazu.app.redaction import know, redact
from tarazu.app.secrets.secret import Secret


class _Concealing(logging.Formatter):
    """What another formatter makes of a record, its traceback included, without credentials."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self.inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redact(self.inner.format(record))


def conceal_in_logs(secrets: Mapping[str, Secret] | None = None) -> None:
    """From now on nothing that logging or an unhandled exception prints has a credential in it; for a process's main,
    behind its `basicConfig`. Twice is as once."""
    know(secrets or {})
    for handler in logging.getLogger().handlers:
        inner = handler.formatter or logging.Formatter()
        if not isinstance(inner, _Concealing):
            handler.setFormatter(_Concealing(inner))
    sys.excepthook = _told
    threading.excepthook = _told_of_thread


def _told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    import traceback

    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


def _told_of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and args.exc_type is not SystemExit:
        _told(args.exc_type, args.exc_value, args.exc_traceback)
