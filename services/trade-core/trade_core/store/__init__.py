"""All SQL of trade-core. A function takes the transaction it works in, and opens none."""
