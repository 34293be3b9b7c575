"""What the runbook says: its source, the document made from it, and whether its commands are there."""
