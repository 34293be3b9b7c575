"""The readiness gate: may this desk trade today? What it looks at, what that amounts to, and the receipt of a READY."""
