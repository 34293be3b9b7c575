"""A process of ours as it is run, with its moments noted: `python -m t2orig.ours depth_ws|main OUT --profile sim`."""

import sys
from pathlib import Path

from t2orig.stamps import watch_engine, watch_feed


def main() -> int:
    name, out = sys.argv.pop(1), sys.argv.pop(1)
    if name == "depth_ws":
        from tarazu.app.depth_ws.__main__ import main as program

        rows = watch_feed()
    else:
        from tarazu.app.main.__main__ import main as program

        rows = watch_engine()
    code = program()
    rows.write(Path(out))
    return code


if __name__ == "__main__":
    raise SystemExit(main())
