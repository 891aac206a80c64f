"""Agent programs behind one protocol: one file a backend."""
