"""A workload in, what it needs on AWS, what that costs and which limit binds first out."""
