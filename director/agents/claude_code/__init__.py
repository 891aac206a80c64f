"""Claude Code (https://claude.com/claude-code) as a backend."""
