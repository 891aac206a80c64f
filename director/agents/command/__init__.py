"""The backend `command`."""
