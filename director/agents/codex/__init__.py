"""Codex (https://developers.openai.com/codex) as a backend."""
