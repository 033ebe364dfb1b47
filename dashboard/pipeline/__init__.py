"""The tally table and the warehouse in, the Pipeline page's ledger and stages out."""
