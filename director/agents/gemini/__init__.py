"""The backend `gemini`."""
