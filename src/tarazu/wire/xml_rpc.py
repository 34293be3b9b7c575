"""XML-RPC as supervisord speaks it: a call into bytes, an answer into Python's own values.

Of the standard's types those that supervisord has: strings, whole numbers, booleans, arrays and structures. The
library's own client brings HTTP, TLS and e-mail with it, which cost a short command more than all its own work.
"""

from typing import Any
from xml.parsers import expat

DEPTH_MAX = 100
"""Elements in elements. An array of structures, the deepest that supervisord says, is of 12."""


class BadAnswer(ValueError):
    """What was said is no XML-RPC answer."""


class Fault(Exception):
    """The method was refused, with the answerer's own code and words."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


def call(method: str, *words: str | bool) -> bytes:
    """The body of a question."""
    params = "".join(f"<param><value>{_word(word)}</value></param>" for word in words)
    called = f"<methodName>{_escaped(method)}</methodName><params>{params}</params>"
    return f"<?xml version='1.0'?><methodCall>{called}</methodCall>".encode()


def answered(body: bytes) -> Any:
    """The value of an answer. Raises Fault where it is a refusal, BadAnswer where it is none."""
    try:
        answer = _tree(body)
        if answer.tag != "methodResponse":
            raise BadAnswer(f"<{answer.tag}> is no answer")
        told = answer.only()
        if told.tag == "fault":
            fault = _value(told.only("value"))
            raise Fault(int(fault["faultCode"]), str(fault["faultString"]))
        return _value(told.only("param").only("value"))
    except (expat.ExpatError, KeyError, TypeError, ValueError) as bad:
        raise BadAnswer(f"no XML-RPC answer: {bad}") from bad


class _Node:
    """An element: what is between its tags, and the elements in it."""

    __slots__ = ("inner", "pieces", "tag")

    def __init__(self, tag: str) -> None:
        self.tag, self.pieces, self.inner = tag, list[str](), list[_Node]()

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def only(self, tag: str = "") -> "_Node":
        """The one element in it. Raises BadAnswer where there are others, or none."""
        if len(self.inner) != 1 or tag not in ("", self.inner[0].tag):
            raise BadAnswer(f"<{self.tag}> holds {[node.tag for node in self.inner]}")
        return self.inner[0]


def _tree(body: bytes) -> _Node:
    root = _Node("")
    open_ = [root]
    reader = expat.ParserCreate()

    def begin(tag: str, _attributes: dict[str, str]) -> None:
        if len(open_) > DEPTH_MAX:
            raise BadAnswer(f"elements in each other beyond {DEPTH_MAX}")
        node = _Node(tag)
        open_[-1].inner.append(node)
        open_.append(node)

    def end(_tag: str) -> None:
        open_.pop()

    def text(told: str) -> None:  # by the line: what is long comes in many pieces
        open_[-1].pieces.append(told)

    reader.StartElementHandler, reader.EndElementHandler, reader.CharacterDataHandler = begin, end, text
    reader.Parse(body, True)
    return root.only()


def _value(node: _Node) -> Any:
    """Of a `<value>`; one without a type is a string."""
    if not node.inner:
        return node.text
    typed = node.only()
    match typed.tag:
        case "string":
            return typed.text
        case "int" | "i4":
            return int(typed.text)
        case "boolean":
            return {"0": False, "1": True}[typed.text]
        case "array":
            return [_value(value) for value in typed.only("data").inner]
        case "struct":
            return dict(_member(member) for member in typed.inner)
    raise BadAnswer(f"a value of type <{typed.tag}>")


def _member(node: _Node) -> tuple[str, Any]:
    name, value = node.inner
    return name.text, _value(value)


def _word(word: str | bool) -> str:
    return f"<boolean>{word:d}</boolean>" if isinstance(word, bool) else f"<string>{_escaped(word)}</string>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
