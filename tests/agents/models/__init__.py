"""The parts of the model server: scripts, the tools of each program, and one module for each API."""
