"""What a test command says by its exit status and its output."""
