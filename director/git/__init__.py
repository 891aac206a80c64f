"""The only place that speaks to git."""
