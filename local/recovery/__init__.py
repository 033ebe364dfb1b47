"""What failed on its way, or was parked, in; it again, where that is safe, out."""
