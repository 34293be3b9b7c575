"""A reader in a process of its own: reads frames 1 to N as they come and prints what it saw, as JSON."""

import hashlib
import json
import sys
from pathlib import Path

from tarazu.runtime.tail import Tail


def main(folder: Path, last: int) -> None:
    tail = Tail(folder)
    seen, sequences, waits = hashlib.sha256(), [], 0
    print("listening", flush=True)
    while not sequences or sequences[-1] < last:
        for frame in tail.ready():
            sequences.append(frame.sequence)
            seen.update(frame.payload)
        if not sequences or sequences[-1] < last:
            waits += 1
            assert tail.wait(60), "nothing rang for 60 s"
    in_order = sequences == list(range(1, last + 1))
    print(json.dumps({"in_order": in_order, "sha256": seen.hexdigest(), "waits": waits}))
    tail.close()


main(Path(sys.argv[1]), int(sys.argv[2]))
