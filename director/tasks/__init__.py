"""The job as a doit graph, and the parts of doit that it needs to be otherwise."""
