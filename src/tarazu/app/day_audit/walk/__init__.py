"""Once through a day's journal: controls, money, limits, conduct, each reckoned anew beside the engine."""
