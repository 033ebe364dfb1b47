"""Firehose batches in, rows out."""
