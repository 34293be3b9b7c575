"""The database: one SQLite file that shows what the journal tells, for queries. Losing it costs a rebuild, not data.

`schema` says which tables there are; `connect` opens the file, every page under a checksum; `rows` and `latest` make
rows of the journal's records and of the engine's state; `projection` writes them, one transaction a batch; `content`
reads them all back and hashes them; `hold` keeps readers apart from whoever replaces the file.
"""
