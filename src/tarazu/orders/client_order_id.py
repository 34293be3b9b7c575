"""The name an order of ours carries in the broker's book: 20 letters and digits in Kite's `tag`.

    T 2EP 007 0000C 4QZ8V1 YJ
    │ │   │   │     │      └ check, 2
    │ │   │   │     └ head of the journal when the intent was written, 6 (30 bits: the broker is a witness of it)
    │ │   │   └ sequence within the epoch, 5
    │ │   └ epoch: starts of the process that sends, durable, never reused, 3
    │ └ IST day, days since 2020-01-01, 3
    └ version

Kite v3 "Orders": a tag has at most 20 characters. Digits are Crockford's base 32: no I, L, O or U, so that what a
person reads out can be written down. Unique for ever by day, epoch and sequence; the head adds nothing to that.

The check is a weighted sum modulo the prime 1021 with powers of 10, a generator of its group: it finds every change of
one character and every swap of two among the first 18.
"""

from datetime import date
from enum import StrEnum

import msgspec

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VERSION = "T"
TAG_CHARS = 20
DAY_CHARS, EPOCH_CHARS, SEQUENCE_CHARS, HEAD_CHARS, CHECK_CHARS = 3, 3, 5, 6, 2
DAY_MAX = 32**DAY_CHARS - 1  # until 2109-09-18
EPOCH_MAX = 32**EPOCH_CHARS - 1
SEQUENCE_MAX = 32**SEQUENCE_CHARS - 1
HEAD_BITS = 5 * HEAD_CHARS
_FIRST_DAY = date(2020, 1, 1).toordinal()
_VALUE = {digit: value for value, digit in enumerate(DIGITS)}
_PRIME = 1021
_WEIGHTS = tuple(pow(10, place + 1, _PRIME) for place in range(TAG_CHARS - CHECK_CHARS))


class TagKind(StrEnum):
    """What is not a client order id of ours."""

    UNTAGGED = "UNTAGGED"
    """No tag. Forum 5439, 9242: tags do come back null, so it may still be ours."""
    GARBLED = "GARBLED"
    """It begins as ours do (a T and, until 2048, a numeral) or is as long, and is not one of ours: cut short, or a
    character off. It may be ours, too."""
    FOREIGN = "FOREIGN"
    """Somebody else's."""


class ClientOrderId(msgspec.Struct, frozen=True, order=True):
    """Ordered by day, epoch and sequence: the order in which intents were written."""

    day: date
    epoch: int
    sequence: int
    head: int = 0
    """First 30 bits of the journal's head."""

    @property
    def tag(self) -> str:
        body = (
            VERSION
            + _digits(self.day.toordinal() - _FIRST_DAY, DAY_CHARS)
            + _digits(self.epoch, EPOCH_CHARS)
            + _digits(self.sequence, SEQUENCE_CHARS)
            + _digits(self.head, HEAD_CHARS)
        )
        return body + _check(body)


def head_bits(journal_head: bytes) -> int:
    """What an id carries of a journal's head hash."""
    return int.from_bytes(journal_head[:4], "big") >> (32 - HEAD_BITS)


def read_tag(text: str | None) -> ClientOrderId | TagKind:
    """Whose order a tag says it is. Lower case is read as upper: a broker's screens have changed case before."""
    if not text or not text.strip():
        return TagKind.UNTAGGED
    tag = text.strip().upper()
    if not tag.startswith(VERSION) or not (len(tag) == TAG_CHARS or tag[1:2].isdecimal()):
        return TagKind.FOREIGN
    if len(tag) != TAG_CHARS or not all(digit in _VALUE for digit in tag) or _check(tag[:-CHECK_CHARS]) != tag[-2:]:
        return TagKind.GARBLED
    day, epoch, sequence, head = _fields(tag)
    return ClientOrderId(date.fromordinal(_FIRST_DAY + day), epoch, sequence, head)


def _fields(tag: str) -> list[int]:
    numbers, at = [], len(VERSION)
    for chars in (DAY_CHARS, EPOCH_CHARS, SEQUENCE_CHARS, HEAD_CHARS):
        numbers.append(_number(tag[at : at + chars]))
        at += chars
    return numbers


def _check(body: str) -> str:
    total = sum(weight * _VALUE[digit] for weight, digit in zip(_WEIGHTS, body, strict=True))
    return _digits(total % _PRIME, CHECK_CHARS)


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * 32 + _VALUE[digit]
    return number


def _digits(number: int, chars: int) -> str:
    assert 0 <= number < 32**chars, f"{number} does not fit in {chars} digits of base 32"
    text = ""
    for _ in range(chars):
        number, value = divmod(number, 32)
        text = DIGITS[value] + text
    return text
