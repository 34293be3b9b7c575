"""The runbook as something that runs: `runbook/live.yaml`, the document made from it, and the runs of its steps."""
