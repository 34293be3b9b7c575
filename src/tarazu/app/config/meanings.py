"""What a setting means: the docstring below it in the source, which is what programmers read, too."""

import ast
import inspect
import textwrap
from functools import cache

import msgspec

from tarazu.app.config.fields import Field


def meaning(field: Field) -> str:
    """One paragraph; empty where the source says nothing of it."""
    return _meanings(field.of).get(field.path[-1], "")


def meaning_of_section(of: type[msgspec.Struct]) -> str:
    return _one_line(of.__doc__ or "")


@cache
def _meanings(of: type[msgspec.Struct]) -> dict[str, str]:
    body = ast.parse(textwrap.dedent(inspect.getsource(of))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for before, after in zip(body.body, body.body[1:], strict=False):
        said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if said and isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name):
            assert isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            found[before.target.id] = _one_line(str(after.value.value))
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())
