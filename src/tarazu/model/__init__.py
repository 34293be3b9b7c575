"""The desk's nouns: units, ids, time, instruments, orders, the dated calendar and the dated rules. Pure values."""
