"""Pure decisions and data: no files, no clock, no processes."""
