"""A seed in, a whole run of the shipped code under faults out: `cube sim`."""
