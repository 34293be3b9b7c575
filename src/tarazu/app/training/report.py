"""A training as one HTML page that needs nothing else: no network, no script; dressed as a trial's page is."""

from collections import Counter
from html import escape
from pathlib import Path

import numpy as np

from tarazu import __version__
from tarazu.app.pages.paper import Axis
from tarazu.app.pages.plot import Line, plot
from tarazu.app.pages.sheet import sheet
from tarazu.app.pages.tables import tiles
from tarazu.app.pages.words import rupees, sign, signed
from tarazu.app.training.judged import Bin, Traded
from tarazu.app.training.training import Training
from tarazu.model import ist
from tarazu.model.units import PAISE
from tarazu.strategy.trees import Trees, read_trees

TEMPLATE = Path(__file__).with_name("page.html")
BAR_PX = 260


def report(training: Training, sha256: str, made_ns: int) -> str:
    """The page; `sha256` is empty where nothing was kept."""
    of, manifest = training.trained, training.manifest
    words = {
        "ABOUT": manifest.about,
        "PSI": f"{training.order.psi_warn:g}",
        "MADE": f"tarazu {__version__} · build {training.build} · {ist.stamp(made_ns)} IST",
    }
    parts = {
        "VERSION": f"<code>{escape(sha256)}</code>" if sha256 else "not kept: nothing was registered",
        "TILES": _tiles(training),
        "NET": _net(of.model, of.baseline),
        "RELIABILITY": _reliability(of.word.bins),
        "WINDOWS": _windows(training),
        "DRIFT": _drift(of.drift),
        "SPLITS": _splits(read_trees(of.text)),
        "DAYS": _days(training),
        "TERMS": _terms(training),
    }
    return sheet(TEMPLATE, f"{training.order.family}: a model of momentum trades", words, parts)


def _tiles(training: Training) -> str:
    of = training.trained
    skill = of.word.log_loss_share - of.word.log_loss
    return tiles(
        [
            ("Net, by the model", signed(of.model.net_paise), sign(of.model.net_paise)),
            ("Net, without a model", signed(of.baseline.net_paise), sign(of.baseline.net_paise)),
            ("Trades, and without", f"{len(of.model.places):,}, {len(of.baseline.places):,}", ""),
            ("Won", f"{of.model.won:,} of {len(of.model.places):,}", ""),
            ("Log loss", f"{of.word.log_loss:.4f}", ""),
            ("Better than the share", f"{skill:+.4f}", "up" if skill > 0 else "down"),
            ("AUC", "unknown" if of.word.auc is None else f"{of.word.auc:.3f}", ""),
        ]
    )


def _net(model: Traded, baseline: Traded) -> str:
    lines = [
        Line(name="without a model", style="two", values=[paise / PAISE for paise in baseline.curve]),
        Line(name="by the model", style="one", values=[paise / PAISE for paise in model.curve]),
    ]
    rows = len(model.curve)
    labels = [(n * (rows - 1) / 4, f"{round(n * rows / 4):,}") for n in range(5)]
    return plot(Axis(length=max(rows - 1, 1), labels=labels), lines, lambda v: f"₹{v:,.0f}", 280)


def _reliability(bins: tuple[Bin, ...]) -> str:
    lines = [
        Line(name="said", style="two", values=[one.said for one in bins]),
        Line(name="seen", style="one", values=[one.seen for one in bins]),
    ]
    labels = [(float(n), f"{one.said:.2f}") for n, one in enumerate(bins)]
    return plot(Axis(length=max(len(bins) - 1, 1), labels=labels), lines, lambda v: f"{v:.2f}", 260)


def _windows(training: Training) -> str:
    rows = "".join(
        f"<tr><td>{' to '.join(one.learned)}</td><td class=n>{one.rows[0]:,}</td><td>{' to '.join(one.tested)}</td>"
        f'<td class=n>{one.rows[1]:,}</td><td class="n {sign(one.net_paise)}">{signed(one.net_paise)}</td>'
        f'<td class="n {sign(one.baseline_paise)}">{signed(one.baseline_paise)}</td>'
        f"<td class=n>{'none' if one.log_loss is None else f'{one.log_loss:.4f}'}</td></tr>"
        for one in training.trained.stretches
    )
    return _table(("Learned from", "Trades", "Judged by", "Trades", "Model", "No model", "Log loss"), rows)


def _drift(drift: dict[str, float]) -> str:
    if not drift:
        return '<p class="none">Too few trades out of sample to tell a drift by.</p>'
    most = max(*drift.values(), 0.25)
    return _bars([(name, psi, f"{psi:.3f}") for name, psi in drift.items()], most)


def _splits(trees: Trees) -> str:
    links = np.frombuffer(trees.links, "<i4").reshape(-1, 4)
    asked = Counter(links[links[:, 1] != np.arange(len(links)), 0].tolist())
    if not asked:
        return '<p class="none">Nothing: no tree has found anything to split by.</p>'
    most = max(asked.values())
    return _bars([(name, asked[n], f"{asked[n]:,}") for n, name in enumerate(trees.features)], most)


def _bars(rows: list[tuple[str, float, str]], most: float) -> str:
    body = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td class=n>{told}</td>"
        f'<td><i class="bar" style="width:{BAR_PX * value / most:.0f}px"></i></td></tr>'
        for name, value, told in rows
    )
    return f"<table><tbody>{body}</tbody></table>"


def _days(training: Training) -> str:
    body = "".join(
        f"<tr><td>{escape(day.name)}</td><td class=n>{len(day.rows):,}</td><td class=n>{int(day.rows.won.sum()):,}</td>"
        f"<td class=n>{day.unfilled:,}</td><td class=n>{day.open:,}</td><td><code>{day.sha256[:16]}</code></td></tr>"
        for day in training.days
    )
    head = ("Day", "Trades", "Won", "Not filled", "Open at the end", "SHA-256 of what was seen")
    return f"<summary>{len(training.days)} days</summary>{_table(head, body)}"


def _table(head: tuple[str, ...], body: str) -> str:
    names = "".join(f"<th{' class=n' if name in _NUMBERS else ''}>{name}</th>" for name in head)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


_NUMBERS = {"Trades", "Won", "Model", "No model", "Log loss", "Not filled", "Open at the end"}


def _terms(training: Training) -> str:
    order = training.order
    told = [
        "The figures are of the models on the way, each judged on days behind its own. The version itself is made of "
        "all the days: no day is left to judge it by, and shadow days are for that.",
        f"Trades are entered at a score of {order.params.score_min:g} or more, one at a time, at most "
        f"{order.params.trades_max} a day, with the strategy's rest between them.",
        "A trade is entered and left at the touch of the first frame that a message could have met, and pays all "
        "charges; the market does not move by it, and the book's depth is not looked at.",
        "Not learned from: what was not over when the days judged by began; days left out before them: "
        f"{order.folds.embargo}.",
        "Trades of one hour overlap and are not independent: the figures are less sure than so many trades sound.",
    ]
    if training.beside is not None:
        one = training.beside
        fair = "days it was not made of" if one.is_fair else "days that it was all made of: it is flattered"
        told.append(
            f"The active version {one.sha256[:12]} made {rupees(one.active.net_paise)} where this one made "
            f"{rupees(one.own.net_paise)}, on {one.days} {fair}."
        )
    told.append(", ".join(f"{name} {value}" for name, value in training.manifest.params.items()))
    return "".join(f"<li>{escape(each)}</li>" for each in told)
