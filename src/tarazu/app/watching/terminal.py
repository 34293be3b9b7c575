"""The screen on a terminal: drawn once a second by textual, over ssh as well; q ends it."""

from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tarazu.app.home import Home
from tarazu.app.verdict import Status
from tarazu.app.watching.look import look_now
from tarazu.app.watching.screen import Pane, Screen, screen

EVERY_S = 1.0

STYLES = {
    Status.OK: "green",
    Status.SKIP: "grey62",
    Status.WARN: "yellow",
    Status.UNKNOWN: "magenta",
    Status.CRIT: "bold red",
}


class Top(App[None]):
    """Looks and draws, and does nothing else. A look is taken in a thread: a slow disk holds up no key.

    The frame's colour is the mode: grey SIM, blue PAPER, red LIVE (OPERATOR 4). The words are the same without it.
    """

    CSS = """
    Screen { background: $background; }
    #head, #body { text-wrap: nowrap; text-overflow: ellipsis; }
    #head { height: 1; text-style: bold; color: white; background: #4e4e4e; }
    #head.PAPER { background: #1f4fbf; }
    #head.LIVE { background: #b00020; }
    #foot { height: 1; color: $text-muted; }
    #panes { height: 1fr; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "quit"),
        Binding("space", "hold", "hold"),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, home: Home) -> None:
        super().__init__()
        self._home, self._held = home, False
        self.drawn: Screen | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="head", classes=self._home.profile.upper(), markup=False)
        with VerticalScroll(id="panes"):
            yield Static(id="body", markup=False)
        yield Static("q quit | space hold | arrows scroll", id="foot", markup=False)

    def on_mount(self) -> None:
        self._look()
        self.set_interval(EVERY_S, self._look)

    def action_hold(self) -> None:
        self._held = not self._held
        said = "HELD, space goes on" if self._held else "space hold"
        self.query_one("#foot", Static).update(f"q quit | {said} | arrows scroll")

    def _look(self) -> None:
        if not self._held:
            self.run_worker(self._taken, thread=True, exclusive=True, exit_on_error=True)

    def _taken(self) -> None:
        told = screen(look_now(self._home))
        if self.is_running:
            self.call_from_thread(self.draw, told)

    def draw(self, told: Screen) -> None:
        self.drawn = told
        self.query_one("#head", Static).update(told.head)
        body = Text()
        for pane in told.panes:
            body.append_text(_pane(pane))
        self.query_one("#body", Static).update(body)


def _pane(pane: Pane) -> Text:
    text = Text()
    text.append(f"{pane.name} ", style="bold")
    text.append(f"{pane.status}\n", style=STYLES[pane.status])
    for line in pane.lines:
        text.append(f"  {line}\n")
    return text
