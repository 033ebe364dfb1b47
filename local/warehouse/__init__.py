"""Redshift's SQL in, DuckDB's answers out: the warehouse of a machine without an account."""
