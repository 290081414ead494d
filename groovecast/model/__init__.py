"""The dance model: what it is told, what it answers, and the network itself."""
