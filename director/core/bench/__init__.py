"""What a bench is, what it found, and how sure that is. Pure."""
