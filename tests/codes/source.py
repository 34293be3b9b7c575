"""What the source says: every word that becomes a code, a check's id or a verdict's first word, found by its place.

A word's place is a keyword (`code=`, `id=`, `word=`), or the argument that a function of ours takes under that name.
Names are followed to what they were assigned, in the function, the module or the module they are imported from; what is
computed (a subscript, an attribute, a sum) is not: `spelled` finds those words by how they are written instead.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import tarazu

ROOT = Path(tarazu.__file__).parent

OTHER_ROOMS = ("sim", "wire", "dst")
"""Their words are the broker's, or are told to a developer alone."""

ALSO = {"id": ("id", "id_")}
"""Under which names functions take a check's id before it is one."""

_CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_DEF = ast.FunctionDef | ast.AsyncFunctionDef


class Module:
    """One file: its tree, what it defines, what it imports."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
        self.tree = ast.parse(path.read_text())
        self.defs: dict[str, ast.AST] = {}
        self.constants: dict[str, list[ast.expr]] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, _DEF | ast.ClassDef):
                self.defs.setdefault(node.name, node)
            elif isinstance(node, ast.ImportFrom) and node.module:
                self.imports |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
        for name, value in _assigned(self.tree.body):
            self.constants.setdefault(name, []).append(value)


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Every name that these statements assign, with what; tuples taken apart."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    yield from _pairs(target, node.value)
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                yield from _pairs(node.target, node.value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple):
        values = [value]
        if isinstance(value, ast.IfExp):
            values = [value.body, value.orelse]
        for one in values:
            if isinstance(one, ast.Tuple) and len(one.elts) == len(target.elts):
                for part, what in zip(target.elts, one.elts, strict=True):
                    yield from _pairs(part, what)


@cache
def modules() -> dict[str, Module]:
    found = [Module(path) for path in sorted(ROOT.rglob("*.py")) if path.relative_to(ROOT).parts[0] not in OTHER_ROOMS]
    return {module.name: module for module in found}


@cache
def placed(role: str) -> dict[str, list[str]]:
    """Every word in such a place, with where it is written; computed parts of a text are `*`."""
    found: dict[str, list[str]] = {}
    for module in modules().values():
        for function, call in _calls(module):
            values = (value for name in ALSO.get(role, (role,)) for value in _arguments(module, call, name))
            for value in values:
                for word in _words(module, function, value):
                    found.setdefault(word, []).append(f"{module.path.relative_to(ROOT)}:{call.lineno}")
    return found


@cache
def _calls(module: Module) -> list[tuple[ast.AST, ast.Call]]:
    """Every call, with the innermost function around it."""
    found: list[tuple[ast.AST, ast.Call]] = []
    waiting: list[tuple[ast.AST, ast.AST]] = [(module.tree, module.tree)]
    while waiting:
        around, node = waiting.pop()
        if isinstance(node, ast.Call):
            found.append((around, node))
        inner = node if isinstance(node, _DEF) else around
        waiting += [(inner, child) for child in ast.iter_child_nodes(node)]
    return found


def _arguments(module: Module, call: ast.Call, role: str) -> Iterator[ast.expr]:
    named = [keyword.value for keyword in call.keywords if keyword.arg == role]
    yield from named
    if named:
        return
    for position in _positions(module, call, role):
        if position < len(call.args) and not any(isinstance(one, ast.Starred) for one in call.args[: position + 1]):
            yield call.args[position]


def _positions(module: Module, call: ast.Call, role: str) -> set[int]:
    if isinstance(call.func, ast.Name):
        known = _followed(module, call.func.id)
        return {place for place in [_position(known, role)] if place is not None} if known is not None else set()
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) != "click":
        return _methods(role).get(call.func.attr, set())
    return set()


def _followed(module: Module, name: str) -> ast.AST | None:
    if name in module.defs:
        return module.defs[name]
    if name in module.imports:
        other, known_as = module.imports[name]
        there = modules().get(other)
        return _followed(there, known_as) if there is not None else None
    return None


@cache
def _methods(role: str) -> dict[str, set[int]]:
    """Where functions and methods of each name take it. Names that ours share with others' are as good as alone."""
    found: dict[str, set[int]] = {}
    for module in modules().values():
        for node in ast.walk(module.tree):
            place = _position(node, role) if isinstance(node, _DEF) else None
            if isinstance(node, _DEF) and place is not None and not node.name.startswith("__"):
                found.setdefault(node.name, set()).add(place)
    return found


def _position(node: ast.AST, role: str) -> int | None:
    if isinstance(node, _DEF):
        names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
        names = names[1:] if names[:1] in (["self"], ["cls"]) else names
    elif isinstance(node, ast.ClassDef):
        inits = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
        if inits:
            return _position(inits[0], role)
        names = [s.target.id for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
    else:
        return None
    return names.index(role) if role in names else None


def _words(module: Module, function: ast.AST, value: ast.expr, seen: tuple[str, ...] = ()) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(word)):
            yield word
        case ast.JoinedStr():
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "*" for one in value.values)
        case ast.IfExp():
            yield from _words(module, function, value.body, seen)
            yield from _words(module, function, value.orelse, seen)
        case ast.BoolOp():
            for one in value.values:
                yield from _words(module, function, one, seen)
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            yield from _words(module, function, inner, seen)
        case ast.Attribute(value=ast.Name(id=owner), attr=member):
            yield from _member(module, owner, member)
        case ast.Name(id=name) if name not in seen:
            yield from _of_name(module, function, name, (*seen, name))
        case ast.Subscript(value=ast.Name(id=name)):
            for table in _constants(module, name):
                for one in ast.walk(table):
                    yield from _words(module, function, one, seen) if isinstance(one, ast.Constant) else ()
        case _:
            pass


def _of_name(module: Module, function: ast.AST, name: str, seen: tuple[str, ...]) -> Iterator[str]:
    local = _locals(function).get(name, []) if function is not module.tree else []
    for value in local:
        yield from _words(module, function, value, seen)
    if not local:
        for value in _constants(module, name):
            yield from _words(module, function, value, seen)


@cache
def _locals(function: ast.AST) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for name, value in _assigned(getattr(function, "body", [])):
        found.setdefault(name, []).append(value)
    return found


def _constants(module: Module, name: str) -> list[ast.expr]:
    if name in module.constants:
        return module.constants[name]
    other, known_as = module.imports.get(name, ("", ""))
    return _constants(modules()[other], known_as) if other in modules() else []


def _member(module: Module, owner: str, member: str) -> Iterator[str]:
    """The value of an enumeration's member."""
    known = _followed(module, owner)
    if isinstance(known, ast.ClassDef):
        for name, value in _assigned(known.body):
            if name == member and isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


@cache
def spelled() -> dict[str, list[str]]:
    """Every word that is written like a code (`NO_LIMIT`), wherever it stands, but in no docstring."""
    found: dict[str, list[str]] = {}
    for module in modules().values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                found.setdefault(node.value, []).append(f"{module.path.relative_to(ROOT)}:{node.lineno}")
    return found


@cache
def enumerations() -> dict[str, tuple[str, ...]]:
    """Every StrEnum and its values, by `tarazu.risk.denial.Code`."""
    found: dict[str, tuple[str, ...]] = {}
    for module in modules().values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "StrEnum" for base in node.bases):
                values = [value.value for _, value in _assigned(node.body) if isinstance(value, ast.Constant)]
                found[f"{module.name}.{node.name}"] = tuple(one for one in values if isinstance(one, str))
    return found


@cache
def tags() -> dict[str, str]:
    """What messages are called in records: `class FeedStale(..., tag="FEED_STALE")`, with where."""
    found: dict[str, str] = {}
    for module in modules().values():
        for node in ast.walk(module.tree):
            for keyword in node.keywords if isinstance(node, ast.ClassDef) else ():
                if (
                    keyword.arg == "tag"
                    and isinstance(keyword.value, ast.Constant)
                    and isinstance(keyword.value.value, str)
                ):
                    found[keyword.value.value] = f"{module.path.relative_to(ROOT)}:{node.lineno}"
    return found


@cache
def texts() -> frozenset[str]:
    """Every constant text, and every text with computed parts, which are `*`: where anything that is said comes from.
    The names of our rooms are not among them."""
    found = set[str]()
    for module in modules().values():
        if module.path == ROOT / "app" / "codes" / "registry.py":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                found.add("".join(str(one.value) if isinstance(one, ast.Constant) else "*" for one in node.values))
    return frozenset(found)
