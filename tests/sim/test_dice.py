import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tarazu.sim import dice
from tarazu.sim.dice import Dice, mix64, unit

WORDS = st.integers(0, 2**64 - 1)


@given(WORDS)
def test_the_compiled_mixer_and_the_plain_one_agree(word: int) -> None:
    assert int(mix64(np.uint64(word))) == dice._mix(word)
    assert float(unit(np.uint64(word))) == (word >> 11) / 2**53


def test_splitmix64_gives_its_published_sequence() -> None:
    # First outputs of splitmix64 seeded with 1234567 (Rosetta Code, "Pseudo-random numbers/Splitmix64").
    golden, state, outputs = 0x9E3779B97F4A7C15, 1234567, []
    for _ in range(3):
        outputs.append(dice._mix(state))
        state = (state + golden) & (2**64 - 1)
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@given(st.integers(0, 2**64 - 1), st.lists(st.one_of(st.integers(-(2**80), 2**80), st.text(max_size=30)), max_size=4))
def test_a_draw_depends_on_seed_and_keys_alone(seed: int, keys: list[int | str]) -> None:
    assert Dice(seed).word(*keys) == Dice(seed).word(*keys)
    assert 0.0 <= Dice(seed).unit(*keys) < 1.0


def test_key_order_matters() -> None:
    assert Dice(1).word("a", "b") != Dice(1).word("b", "a")


def test_draws_are_spread_evenly() -> None:
    draws = [Dice(42).unit("spread", n) for n in range(20_000)]
    counts = np.histogram(draws, bins=20, range=(0, 1))[0]
    assert counts.min() > 850 and counts.max() < 1150


def test_between_reaches_both_ends() -> None:
    assert {Dice(3).between(-1, 1, n) for n in range(50)} == {-1, 0, 1}
