"""What is raised when bytes are not what the protocol says, or when a client may not send sound."""


class WireError(ValueError):
    """Bytes from outside that cannot be read; the text says what was expected and what was found."""


class InputRefused(ValueError):
    """A client may not send sound, or no more; `code` is the refusal's name in the protocol."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
