"""The room's socket to the relay; what is said on it is decided in ``core.session``."""
