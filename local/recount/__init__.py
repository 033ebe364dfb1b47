"""A lake's rows and the live tallies in, their exact difference, and its repair, out."""
