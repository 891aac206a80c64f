"""A job as one value: repository, configuration, artifacts and agents."""
