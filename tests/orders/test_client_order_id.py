"""The tag: unique for ever, read back, and never taken for another's."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.orders.client_order_id import (
    DAY_MAX,
    DIGITS,
    EPOCH_MAX,
    HEAD_BITS,
    SEQUENCE_MAX,
    ClientOrderId,
    TagKind,
    head_bits,
    read_tag,
)

DAY = date(2026, 11, 23)
FIRST = date(2020, 1, 1)

ids = st.builds(
    ClientOrderId,
    st.integers(0, DAY_MAX).map(lambda days: FIRST + timedelta(days=days)),
    st.integers(0, EPOCH_MAX),
    st.integers(0, SEQUENCE_MAX),
    st.integers(0, 2**HEAD_BITS - 1),
)


def test_the_layout_is_the_one_documented() -> None:
    """By hand: 2026-11-23 is day 2,518 of 2020 = 2*1024 + 14*32 + 22; sequence 12 is `C`."""
    tag = ClientOrderId(DAY, epoch=7, sequence=12, head=0).tag
    assert tag[:-2] == "T" + "2EP" + "007" + "0000C" + "000000"
    values = [DIGITS.index(digit) for digit in tag[:-2]]
    check = sum(v * 10 ** (place + 1) for place, v in enumerate(values)) % 1021
    assert tag[-2:] == DIGITS[check // 32] + DIGITS[check % 32]


@given(ids)
def test_a_tag_reads_back_and_fits_kites_field(cid: ClientOrderId) -> None:
    assert len(cid.tag) == 20 and cid.tag.isalnum() and cid.tag.isascii()
    assert read_tag(cid.tag) == read_tag(cid.tag.lower()) == read_tag(f" {cid.tag} ") == cid


@pytest.mark.control("C18")
@given(ids, ids)
def test_two_ids_have_one_tag_only_when_they_are_one(a: ClientOrderId, b: ClientOrderId) -> None:
    assert (a.tag == b.tag) == (a == b)
    assert (a < b) == ((a.day, a.epoch, a.sequence, a.head) < (b.day, b.epoch, b.sequence, b.head))


@pytest.mark.control("C18")
def test_sequences_that_begin_again_after_a_restart_give_new_tags() -> None:
    before = {ClientOrderId(DAY, epoch=1, sequence=n).tag for n in range(500)}
    after = {ClientOrderId(DAY, epoch=2, sequence=n).tag for n in range(500)}
    tomorrow = {ClientOrderId(DAY + timedelta(days=1), epoch=1, sequence=n).tag for n in range(500)}
    assert len(before | after | tomorrow) == 1500


@given(ids, st.data())
def test_any_one_changed_character_is_noticed(cid: ClientOrderId, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, 19))
    other = data.draw(st.sampled_from(DIGITS.replace(cid.tag[place], "")))
    assert read_tag(cid.tag[:place] + other + cid.tag[place + 1 :]) is TagKind.GARBLED


@given(ids, st.data())
def test_any_two_swapped_characters_are_noticed(cid: ClientOrderId, data: st.DataObject) -> None:
    i, j = sorted(data.draw(st.lists(st.integers(1, 17), min_size=2, max_size=2, unique=True)))
    tag = cid.tag
    swapped = tag[:i] + tag[j] + tag[i + 1 : j] + tag[i] + tag[j + 1 :]
    assert swapped == tag or read_tag(swapped) is TagKind.GARBLED


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (None, TagKind.UNTAGGED),
        ("", TagKind.UNTAGGED),
        ("   ", TagKind.UNTAGGED),
        ("openalgo", TagKind.FOREIGN),
        ("mktp:2.00", TagKind.FOREIGN),
        ("नमस्ते", TagKind.FOREIGN),
        ("T", TagKind.FOREIGN),
        ("theirs", TagKind.FOREIGN),
        ("T2EP0070", TagKind.GARBLED),
        ("T2EP0070000C00000000X", TagKind.GARBLED),
        ("T2EP007-000C00000000", TagKind.GARBLED),
        ("T2EP007I000C00000000", TagKind.GARBLED),
    ],
)
def test_tags_of_others_cut_ones_and_none_are_told_apart(text: str | None, kind: TagKind) -> None:
    assert read_tag(text) is kind


@given(st.text(max_size=24))
def test_whatever_a_book_shows_is_read(text: str) -> None:
    read = read_tag(text)
    assert isinstance(read, TagKind) or read.tag == text.strip().upper()


def test_numbers_that_do_not_fit_are_a_bug_of_ours() -> None:
    for cid in (
        ClientOrderId(DAY, EPOCH_MAX + 1, 0),
        ClientOrderId(DAY, 0, SEQUENCE_MAX + 1),
        ClientOrderId(date(2019, 12, 31), 0, 0),
        ClientOrderId(DAY, 0, -1),
    ):
        with pytest.raises(AssertionError):
            _ = cid.tag


def test_the_head_is_the_first_thirty_bits_of_a_hash() -> None:
    assert head_bits(bytes([0xFF] * 32)) == 2**30 - 1
    assert head_bits(b"\x00\x00\x00\x07" + b"\xff" * 28) == 1
