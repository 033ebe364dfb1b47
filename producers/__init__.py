"""Nothing in, votes on the stream out."""
