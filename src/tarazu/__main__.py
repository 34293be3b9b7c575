"""`python -m tarazu` is the `tarazu` command."""

from tarazu.cli import main

if __name__ == "__main__":
    main()
