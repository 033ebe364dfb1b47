"""Kinesis batches in, tallies in DynamoDB out."""
