"""What every stage speaks: vote, verdict, record, tally, ledger, keys, limits, errors."""
