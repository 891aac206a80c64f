"""Records and states as text, tables and JSON."""
