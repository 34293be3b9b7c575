"""A day's intents, orders, trades, positions, money and charges, ours beside the broker's, by id and to the paisa."""
