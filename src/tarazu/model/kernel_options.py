"""How kernels are compiled that make no array, but only read and write those that they are given."""

from collections.abc import Mapping
from typing import Any

UNCOUNTED: Mapping[str, Any] = {"_nrt": False}
"""Of `numba.njit`, as `numba.extending.register_jitable` tells of it: no reference counts. Otherwise each array is
counted, atomically, at every call inside a kernel that takes it: a third of a pass over a frame (measured)."""
