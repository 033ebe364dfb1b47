"""A device's id in, every place that keeps it with a pseudonym instead out; no count changes."""
