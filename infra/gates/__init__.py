"""The templates in, what is wrong with them out: programs of others, and rules of our own."""
