"""The desk's record copied to another disk while it is written: what it loses by this disk's death is five seconds."""
