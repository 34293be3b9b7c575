"""The rollup: the last step of a close: the day in numbers, and what it left in a form that lasts."""
