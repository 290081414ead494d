"""What a codec raises when bytes are not what the protocol says."""


class WireError(ValueError):
    """Bytes from outside that cannot be read; the text says what was expected and what was found."""
