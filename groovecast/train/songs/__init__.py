"""Endless made-up music whose beats are known exactly, for ears to learn from."""
