"""The fingerprint of what main trades by: the gate's receipt names it, and main compares."""

import hashlib

import msgspec

from tarazu.app.settings import Settings


def config_sha256(settings: Settings) -> str:
    """Over `[engine]`, `[feed]` and `[paper]` as they are in force, wherever each value is from."""
    told = msgspec.json.encode((settings.engine, settings.feed, settings.paper), order="deterministic")
    return hashlib.sha256(told).hexdigest()
