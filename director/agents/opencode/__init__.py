"""OpenCode (https://opencode.ai) as a backend."""
