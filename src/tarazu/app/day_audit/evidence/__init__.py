"""What a day's audit stands on: the journal's bytes, the desk's record, and the files that the close has made."""
