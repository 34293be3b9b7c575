"""`make codes`: appends what is new to the list of what was published. Nothing is taken from it."""

from pathlib import Path

from tarazu.app.codes import registry

PUBLISHED = Path(__file__).with_name("published.txt")


def main() -> None:
    known = PUBLISHED.read_text().splitlines() if PUBLISHED.exists() else []
    names = [f"{entry.room} {entry.code}" for entry in registry.entries()]
    new = [name for name in names if name not in set(known)]
    PUBLISHED.write_text("".join(f"{name}\n" for name in [*known, *new]))
    print(f"{len(new)} new, {len(known) + len(new)} published")


if __name__ == "__main__":
    main()
