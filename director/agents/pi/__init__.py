"""The backend `pi`."""
