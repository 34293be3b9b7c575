"""What the documents say can be read, is there, and is taken: all of it that needs no place to be run in."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from harness.documents.commands import NotThere, check, commands, is_named_alone, lines, tarazu_words, whole, with_all
from harness.documents.placeholders import PLACEHOLDERS, SUPPOSED, filled
from harness.documents.programmes import at, programmes
from harness.documents.reading import ROOT, BadDocument, Block, blocks, documents, readable
from harness.documents.shell import is_endless
from harness.documents.tables import COMPLETED, NOT_RUN, Place, best
from tarazu.app.alerts.urls import SECOND
from tarazu.app.home import Home, Profile
from tarazu.app.secrets.store import Name
from tarazu.ops.config_validate import validate

FOUND = readable()
PROGRAMMES = programmes(FOUND)
STEPS = [step for programme in PROGRAMMES for step in programme.steps]


def of(*languages: str) -> list[Block]:
    return [block for block in FOUND if block.language in languages]


def origin(block: Block) -> str:
    return block.origin


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_is_written_as_the_convention_has_it(path: Path) -> None:
    blocks(path.name, path.read_text())


def test_every_place_has_something_to_run_and_every_block_that_runs_has_a_place() -> None:
    assert sum(len(at(place, PROGRAMMES)) for place in Place) == len(PROGRAMMES) > 100
    assert all(at(place, PROGRAMMES) for place in Place)


@pytest.mark.parametrize("block", of("sh", "inline"), ids=origin)
def test_every_command_is_there(block: Block) -> None:
    """One that never runs takes its flags, too; of all others that is seen where they are run."""
    typed = lines(block.text) if block.language == "sh" else [block.text]
    for line in typed:
        for words in commands(filled(whole(line), SUPPOSED)):
            if _never(words) or block.marks.not_run or line != whole(line):
                _is_there(words)
        if line != whole(line):
            _is_there(commands(filled(with_all(line), SUPPOSED))[0])


def _is_there(words: list[str]) -> None:
    if not is_named_alone(words):
        check(words)


def _never(words: list[str]) -> bool:
    told = tarazu_words(words)
    return bool(best(["tarazu", *told] if told is not None else words, NOT_RUN))


@pytest.mark.parametrize("block", of("toml"), ids=origin)
def test_settings_that_are_shown_can_be_used(block: Block, tmp_path: Path) -> None:
    if (block.marks.written_as or "tarazu.toml").endswith("tarazu.toml"):
        (tmp_path / "shown.toml").write_text(block.text)
        told = validate(Home(Profile.PAPER, tmp_path / "paper"), tmp_path / "shown.toml")
        assert told.exit_code in (0, 1), told
    tomllib.loads(block.text)


@pytest.mark.parametrize("block", of("json"), ids=origin)
def test_json_that_is_shown_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", of("dotenv"), ids=origin)
def test_secrets_that_are_shown_are_secrets_that_are_read(block: Block) -> None:
    named = [line.partition("=")[0] for line in block.text.splitlines() if line and not line.startswith("#")]
    assert named and set(named) <= {*Name, SECOND}


@pytest.mark.parametrize("block", [block for block in FOUND if block.marks.file], ids=origin)
def test_a_file_that_is_shown_is_shown_as_it_is(block: Block) -> None:
    assert block.text == (ROOT / block.marks.file).read_text()


def test_what_is_never_run_has_a_reason_and_no_row_of_a_table_is_left_over() -> None:
    said = [block.text for block in of("sh", "inline")]
    whole_text = "\n".join(said)
    assert all(reason.strip() for step in STEPS if (reason := step.not_run))
    assert not [key for key in COMPLETED if key not in said]
    told = [words for block in of("sh", "inline") for line in block.text.splitlines() for words in _commands(line)]
    used = {best(words, NOT_RUN) for words in told}
    assert set(NOT_RUN) - used - {""} == set()
    assert not [one.pattern for one in PLACEHOLDERS if not any(one.fits(line) for line in whole_text.splitlines())]


def _commands(line: str) -> list[list[str]]:
    try:
        return [["tarazu", *told] if (told := tarazu_words(words)) is not None else words for words in commands(line)]
    except (ValueError, NotThere):
        return []


# The reading itself.

PAGE = """
# A page

Say `tarazu status`, `not this` and `tarazu audit
verify`.

<!-- on: a closed day; exit: 0 1 -->
```sh
tarazu why ORDER \\
  --json     # a remark
echo 'two
lines'
```

<!-- a comment -->
| `make check` | `tarazu config show [--changed]` |
"""


def test_a_page_is_read_as_its_blocks_and_inline_commands() -> None:
    found = blocks("page.md", PAGE)
    assert [(block.line, block.language, block.text.split("\n")[0]) for block in found] == [
        (4, "inline", "tarazu status"),
        (4, "inline", "tarazu audit verify"),
        (9, "sh", "tarazu why ORDER \\"),
        (16, "inline", "make check"),
        (16, "inline", "tarazu config show [--changed]"),
    ]
    assert (found[2].marks.on, found[2].marks.exits) == ("a closed day", (0, 1)) and found[3].marks.on == ""
    assert lines(found[2].text) == ["tarazu why ORDER \\\n  --json     # a remark", "echo 'two\nlines'"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("```\ntarazu status\n```", "a fence says 'nothing'"),
        ("```sh\ntarazu status", "does not end"),
        ("\n    tarazu status", "four spaces"),
        ("<!-- on: a closed shop -->\n", "is no place"),
    ],
)
def test_what_is_not_written_so_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(BadDocument, match=re.escape(why)):
        blocks("page.md", text)


@pytest.mark.parametrize(
    "line", ["tarazu no-such-verb --flag", "python scripts/no_such.py", "make no-such-target", "tarazu bench nothing"]
)
def test_a_command_that_is_not_there_is_seen(line: str) -> None:
    with pytest.raises(NotThere):
        for words in commands(line):
            check(words)


def test_a_line_is_taken_apart_as_a_shell_does() -> None:
    line = "TARAZU_HOME=/srv tarazu init && tarazu show --document > out.md; make check  # and so on"
    assert commands(line) == [["tarazu", "init"], ["tarazu", "show", "--document"], ["make", "check"]]
    assert whole("tarazu up [NAME...]") == "tarazu up" and with_all("tarazu up [NAME...]") == "tarazu up NAME"
    assert is_endless("tarazu sim serve --at 09:00") and not is_endless("tarazu sim serve --help")
