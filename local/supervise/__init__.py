"""Commands of child processes in, all of them kept running, or none left behind, out."""
