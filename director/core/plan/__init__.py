"""The plan, and whether it can be built."""
