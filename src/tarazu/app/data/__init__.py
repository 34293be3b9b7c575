"""Recorded days: to list, check, keep as Parquet, restore, roll into bars and look at."""
