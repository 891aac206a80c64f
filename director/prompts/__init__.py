"""What agents are told: role definitions and prompts, all of them files in templates/."""
