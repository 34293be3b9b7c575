"""A journalled day played again: what the journal tells, the market from the feed log, the decisions made anew."""
