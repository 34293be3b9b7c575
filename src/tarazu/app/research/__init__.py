"""Strategies on past and made days: the engine that trades, the broker in a box, a clock that costs no time."""
