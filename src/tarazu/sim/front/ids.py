"""Ids in the shapes Kite uses, drawn from the seed."""

from tarazu.sim.dice import Dice


def uuid_shaped(dice: Dice, *keys: int | str) -> str:
    """A number in the shape of a UUID, a function of the seed and `keys`."""
    text = f"{dice.word(*keys, 'high'):016x}{dice.word(*keys, 'low'):016x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
