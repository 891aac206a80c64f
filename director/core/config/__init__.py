"""The configuration: its settings, their schema, and what is wrong with a file."""
