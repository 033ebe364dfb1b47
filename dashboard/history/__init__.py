"""Questions and filters in, answers of the warehouse out: what stands behind the History page."""
