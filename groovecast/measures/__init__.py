"""How good a dance is, in numbers: one file a measure, each with its source and its equation."""
