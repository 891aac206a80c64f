"""What was worked on, and for how long."""
