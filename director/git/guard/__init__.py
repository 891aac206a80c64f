"""What of the user's repository only the user may change is watched, and put back where an agent changed it."""
