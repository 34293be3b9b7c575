"""The desk's main process: the engine with its journal, its broker, the market that it follows, and its inbox."""
