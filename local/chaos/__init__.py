"""A fault's name in, a true `cube up` struck by it under load and what became of its votes out."""
