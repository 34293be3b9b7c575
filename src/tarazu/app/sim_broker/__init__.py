"""The process `sim_broker`, and the flags it is started with."""
