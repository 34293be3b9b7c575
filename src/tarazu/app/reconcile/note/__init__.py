"""The broker's contract note of a day: taken in from a file, and kept with its hash."""
