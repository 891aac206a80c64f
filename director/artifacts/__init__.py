"""The files of a job: where they are, how they are read, written and appended to."""
