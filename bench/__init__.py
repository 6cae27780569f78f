"""How fast, beside the bare minimum program that does the same input and output."""
