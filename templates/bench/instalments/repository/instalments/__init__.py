"""When instalments fall due."""
