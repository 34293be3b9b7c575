"""The close of a day: its five steps in their order, what each stood on, and when a day is closed."""
