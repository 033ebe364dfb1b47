"""Tallies, ledger and history in, screens out."""
