"""A value that does not show itself: not in a log, a traceback, a format string, a pickle or JSON."""

from typing import NoReturn

SHOWN = "***"


class Secret:
    """One credential. Only `reveal` gives it away, and only what talks to its owner calls that.

    Equal values are equal, compared in constant time; there is no order and no length. It cannot be pickled, and
    msgspec refuses to encode it: a secret in a file is a bug that must be seen, not a row of stars.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return SHOWN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(SHOWN, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        import hmac  # with it comes OpenSSL, which most commands need for nothing else

        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")
