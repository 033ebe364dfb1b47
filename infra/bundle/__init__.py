"""A function of the drawing in, its zip for Lambda out: our modules it imports, and its wheels."""
