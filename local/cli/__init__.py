"""Words on a command line in, the system run, used and checked out."""
