"""The record that proves itself: entries chained by their hashes, an RFC 6962 tree over each day, signed checkpoints.

Pure: bytes in, bytes and verdicts out. `runtime/journal_*` puts them on the disk.
"""
