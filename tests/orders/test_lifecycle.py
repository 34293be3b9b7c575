"""Every cell of the lifecycle, against a table written by hand."""

from tarazu.orders.lifecycle import AT_BROKER, IMPOSSIBLE, TERMINAL, UNANSWERED, Heard, OrdStatus, step

SHORT = {
    "INT": OrdStatus.INTENDED,
    "FLY": OrdStatus.IN_FLIGHT,
    "UNK": OrdStatus.UNKNOWN,
    "ABS": OrdStatus.ABSENT,
    "SUB": OrdStatus.SUBMITTED,
    "WRK": OrdStatus.WORKING,
    "PRT": OrdStatus.PARTIALLY_FILLED,
    "PMO": OrdStatus.PENDING_MODIFY,
    "PCA": OrdStatus.PENDING_CANCEL,
    "FIL": OrdStatus.FILLED,
    "CAN": OrdStatus.CANCELED,
    "REJ": OrdStatus.REJECTED,
    "EXP": OrdStatus.EXPIRED,
}

# . stays   ! only by a bug of ours: an assertion
TABLE = """
from            INT FLY UNK ABS  SUB WRK PRT PMO PCA  FIL CAN REJ EXP

SEND            FLY  !   !   !    !   !   !   !   !    !   !   !   !
WITHDRAW        ABS  !   !   !    !   !   !   !   !    !   !   !   !
RESTART         UNK UNK  .   .    .   .   .   .   .    .   .   .   .
ACCEPTED         !  SUB SUB SUB   .   .   .   .   .    .   .   .   .
REFUSED          !  REJ REJ  .    .   .   .   .   .    .   .   .   .
NOT_PLACED       !  ABS ABS  .    .   .   .   .   .    .   .   .   .
NO_ANSWER        !  UNK  .   .    .   .   .   .   .    .   .   .   .
ABSENCE          !   !  ABS  !    !   !   !   !   !    !   !   !   !
ASK_MODIFY       !   !   !   !   PMO PMO PMO  !   !    !   !   !   !
ASK_CANCEL       !   !   !   !   PCA PCA PCA PCA  .    !   !   !   !
ASK_OVER         !   .   .   .    .   .   .  WRK WRK   .   .   .   .
FILL            PRT PRT PRT PRT  PRT  .   .   .   .    .   .  PRT  .
SEEN_SUBMITTED  SUB SUB SUB SUB   .   .   .   .   .    .   .  SUB  .
SEEN_WORKING    WRK WRK WRK WRK  WRK  .   .  WRK WRK   .   .  WRK  .
SEEN_PARTIAL    PRT PRT PRT PRT  PRT PRT  .  PRT PRT  PRT PRT PRT PRT
SEEN_MODIFYING  PMO PMO PMO PMO  PMO PMO PMO  .  PMO  PMO PMO PMO PMO
SEEN_CANCELING  PCA PCA PCA PCA  PCA PCA PCA PCA  .   PCA PCA PCA PCA
SEEN_FILLED     FIL FIL FIL FIL  FIL FIL FIL FIL FIL   .  FIL FIL FIL
SEEN_CANCELED   CAN CAN CAN CAN  CAN CAN CAN CAN CAN  CAN  .  CAN CAN
SEEN_REJECTED   REJ REJ REJ REJ  REJ REJ REJ REJ REJ  REJ REJ  .  REJ
SEEN_EXPIRED    EXP EXP EXP EXP  EXP EXP EXP EXP EXP  EXP EXP EXP  .
"""


def cells() -> dict[tuple[OrdStatus, Heard], str]:
    header, *rows = [line.split() for line in TABLE.strip().splitlines() if line.strip()]
    assert [SHORT[name] for name in header[1:]] == list(OrdStatus)
    return {(SHORT[name], Heard(row[0])): cell for row in rows for name, cell in zip(header[1:], row[1:], strict=True)}


def outcome(status: OrdStatus, heard: Heard) -> OrdStatus | None:
    try:
        return step(status, heard)
    except AssertionError:
        return None


def test_the_table_is_the_one_on_paper() -> None:
    table = cells()
    assert set(table) == {(status, heard) for status in OrdStatus for heard in Heard}
    for (status, heard), cell in table.items():
        expected = {".": status, "!": None}.get(cell, SHORT.get(cell))
        assert outcome(status, heard) is expected, (status, heard, cell)


def test_an_order_is_sent_once() -> None:
    senders = [status for status in OrdStatus if outcome(status, Heard.SEND)]
    assert senders == [OrdStatus.INTENDED]
    for heard in Heard:
        assert all(step(s, heard) is not OrdStatus.INTENDED for s in OrdStatus if outcome(s, heard) and s != "INTENDED")


def test_nothing_leaves_an_end_but_the_brokers_own_word() -> None:
    for status in TERMINAL:
        for heard in Heard:
            moved = outcome(status, heard) not in (status, None)
            assert not moved or heard.name.startswith("SEEN_") or heard in (Heard.FILL, Heard.ACCEPTED)


def test_a_timeout_is_never_an_end() -> None:
    assert step(OrdStatus.IN_FLIGHT, Heard.NO_ANSWER) not in TERMINAL
    assert step(OrdStatus.IN_FLIGHT, Heard.RESTART) not in TERMINAL


def test_each_status_is_of_one_sort() -> None:
    assert frozenset(OrdStatus) == TERMINAL | AT_BROKER | UNANSWERED
    assert len(TERMINAL) + len(AT_BROKER) + len(UNANSWERED) == len(OrdStatus)
    assert all(heard in Heard and status in OrdStatus for status, heard in IMPOSSIBLE)
