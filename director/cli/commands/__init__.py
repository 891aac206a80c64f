"""One file a command: `configure` its parser, `execute` it."""
