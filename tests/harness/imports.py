"""What a process that a test starts imports: the harness, and the tarazu that the test itself runs on."""

import os
from pathlib import Path

TESTS = str(Path(__file__).resolve().parents[1])

PYTHONPATH = os.pathsep.join(filter(None, (TESTS, os.environ.get("PYTHONPATH"))))
