"""Redshift's SQL in, DuckDB's SQL out: tokens, kinds of statement, translation."""
