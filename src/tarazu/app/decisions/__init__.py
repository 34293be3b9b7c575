"""What the strategies of a day decided, what came of it, and what each no cost; from journal and feed log."""
