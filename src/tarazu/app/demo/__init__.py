"""The whole day in two minutes: a real stack on a simulated broker, walked by the runbook's own commands, with one
incident in it; its books closed, and a report of it (docs/demo.md)."""
