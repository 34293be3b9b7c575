"""Every word that a user may be told, what it means, and what to do about it: one registry, read by `tarazu explain`,
`tarazu why` and docs/codes.md."""
