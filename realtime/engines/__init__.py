"""Engines by name: what runs a model's graph, on a processor or on a card."""
