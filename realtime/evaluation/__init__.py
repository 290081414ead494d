"""The referee: how well a model dances, measured over the live loop beside what it should be as good as."""
