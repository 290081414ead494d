"""How fast and how good it is: programs that measure, and append one line of JSON a run."""
