"""A run as one page that a reader without tarazu can open: no script, nothing from elsewhere."""

from collections.abc import Iterator
from html import escape

from tarazu.app.home import Home
from tarazu.app.pages.sheet import head
from tarazu.app.runbook.runs.record import Run, StepRecord
from tarazu.app.verdict import Verdict, moment, plain

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}
pre{background:#f6f6f6;padding:.8rem;overflow:auto;font-size:13px}.bad{color:#a00;font-weight:600}
"""


def page(home: Home, run: Run, verdict: Verdict) -> str:
    """HTML; whether the evidence is whole is on it as it was found."""
    rows = "".join(_row(number, done) for number, done in enumerate(run.steps, start=1))
    told = "".join(
        f"<h2>e-{number} {escape(done.step)}</h2><p>{escape(' '.join(done.argv))}</p><pre>{escape(text)}</pre>"
        for number, done, text in _texts(home, run)
    )
    return (
        f'<!doctype html><html lang="en"><head>{head(run.id, _STYLE)}</head><body>'
        f"<h1>{escape(run.runbook)} {run.id}</h1><p>{escape(verdict.headline)}</p>"
        f"<p>Began {moment(run.began_ns)}, source {run.source_sha256[:12]}, {escape(run.way)}, "
        f"incident {escape(run.incident) or 'none'}. {escape(run.why)}</p>"
        "<table><tr><th>#<th>step<th>how<th>ended<th>exit<th>answer<th>expected otherwise<th>by<th>entry</tr>"
        f"{rows}</table>{told}</body></html>\n"
    )


def answers(home: Home, run: Run) -> Iterator[str]:
    """What each command printed, line by line."""
    for number, done, text in _texts(home, run):
        yield f"--- e-{number} {done.step}: {' '.join(done.argv)}"
        yield from (plain(line) for line in text.splitlines())


def _texts(home: Home, run: Run) -> Iterator[tuple[int, StepRecord, str]]:
    for number, done in enumerate(run.steps, start=1):
        if done.out_file:
            path = home.runbook / run.id / done.out_file
            try:
                yield number, done, path.read_text()
            except OSError as lost:
                yield number, done, f"lost: {lost.strerror}"


def _row(number: int, done: StepRecord) -> str:
    cells = (
        f"e-{number}",
        done.step,
        f"{done.how}" + (f" &rarr; {escape(done.went)}" if done.because and done.went else ""),
        moment(done.ended_ns),
        "" if done.exit is None else str(done.exit),
        escape(done.first_line),
        escape("; ".join((*done.missed, done.because)).strip("; ")),
        escape(done.who),
        str(done.seq),
    )
    bad = ' class="bad"' if done.missed else ""
    return f"<tr{bad}>" + "".join(f"<td>{cell}" for cell in cells) + "</tr>"
