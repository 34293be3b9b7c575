"""CRC32C (Castagnoli) of a record's bytes, by the machine's own instruction.

The package's `__init__` looks up its own version, and imports what reads a mail's headers for it: 25 ms of every
command that looks into a journal. What computes is an extension beside it, and that alone is loaded.
"""

from collections.abc import Callable
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any


def _computing() -> Callable[..., int]:
    package = find_spec("crc32c")
    assert package is not None, "crc32c is a dependency of ours"
    spec = PathFinder.find_spec("_crc32c", package.submodule_search_locations)
    if spec is None or spec.loader is None:  # a build of the package that is laid out otherwise
        import crc32c as whole

        return whole.crc32c
    extension: Any = module_from_spec(spec)
    spec.loader.exec_module(extension)
    computing: Callable[..., int] = extension.crc32c
    return computing


crc32c = _computing()
"""Of bytes, or anything with a buffer: an unsigned number of 32 bits. A second argument goes on from that one."""
