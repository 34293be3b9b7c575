import pytest

from tarazu.model.units import SECOND_NS
from tarazu.sim.faults import CATALOGUE, BadFault, FaultOrder, Faults

NOON = 1_795_000_000 * SECOND_NS


def test_a_fault_strikes_only_between_its_start_and_its_end() -> None:
    faults = Faults(seed=1)
    faults.arm(FaultOrder(kind="ws.freeze", after_s=10, for_s=5), NOON)
    struck = [s for s in range(20) if faults.strike("ws.freeze", NOON + s * SECOND_NS)]
    assert struck == [10, 11, 12, 13, 14]


def test_a_count_is_used_up_by_strikes_and_not_by_watching() -> None:
    faults = Faults(seed=1)
    faults.arm(FaultOrder(kind="rest.status", count=2), NOON)
    assert faults.watching("rest.status", NOON) and faults.watching("rest.status", NOON)
    assert [bool(faults.strike("rest.status", NOON)) for _ in range(4)] == [True, True, False, False]


def test_a_match_limits_the_fault_to_its_subject() -> None:
    faults = Faults(seed=1)
    faults.arm(FaultOrder(kind="rest.status", match={"path": "/orders*"}), NOON)
    assert faults.strike("rest.status", NOON, path="/orders/regular")
    assert not faults.strike("rest.status", NOON, path="/quote")
    assert not faults.strike("rest.status", NOON), "a subject without the field does not fit"


def test_the_same_seed_strikes_the_same_moments_and_another_seed_does_not() -> None:
    def strikes(seed: int) -> list[int]:
        faults = Faults(seed)
        faults.arm(FaultOrder(kind="tick.gap", probability=0.3), NOON)
        return [n for n in range(200) if faults.strike("tick.gap", NOON + n)]

    assert strikes(7) == strikes(7) != strikes(8)
    assert 30 < len(strikes(7)) < 90


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (FaultOrder(kind="ws.melt"), "no fault 'ws.melt'"),
        (FaultOrder(kind="rest.status", params={"code": 1}), "has no parameter code; it has: status"),
        (FaultOrder(kind="ws.drop", probability=0.0), "probability"),
        (FaultOrder(kind="ws.drop", count=0), "positive"),
        (FaultOrder(kind="ws.drop", for_s=-1), "positive"),
    ],
)
def test_an_order_that_makes_no_sense_arms_nothing(order: FaultOrder, says: str) -> None:
    faults = Faults(seed=1)
    with pytest.raises(BadFault, match=says):
        faults.arm(order, NOON)
    assert faults.armed() == ()


def test_disarming_ends_a_fault_for_good() -> None:
    faults = Faults(seed=1)
    armed = faults.arm(FaultOrder(kind="ws.freeze"), NOON)
    assert faults.disarm(armed.id)
    assert not faults.disarm(armed.id)
    assert faults.strike("ws.freeze", NOON) is None


def test_every_fault_of_the_catalogue_says_what_it_does_and_where_it_was_seen() -> None:
    assert len(CATALOGUE) >= 35
    assert all(kind.meaning and kind.seen and name == kind.kind for name, kind in CATALOGUE.items())
