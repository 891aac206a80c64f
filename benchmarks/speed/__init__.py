"""How fast director is, side by side with a peer: the same stub agents, the same plans, in turn in one run."""
