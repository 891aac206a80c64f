"""What the tasks do: planning, acceptance tests, attempts, gates, review, landing, integration."""
