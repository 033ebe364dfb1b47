"""A vote's identity in, where it is and when it was there, from the outbox to its row, out."""
