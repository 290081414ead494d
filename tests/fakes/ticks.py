"""A clock that goes on by itself, a second each time it is read."""


class Ticks:
    """Stands in for the machine's clock where a budget of time is spent."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The next second."""
        self.now += 1.0
        return self.now
