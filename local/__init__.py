"""The drawing in, the same pipes on one machine out."""
