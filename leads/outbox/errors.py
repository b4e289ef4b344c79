class PermanentError(Exception):
    """A delivery failure that a retry cannot fix. `response` is the answer of the receiver."""

    def __init__(self, message: str, response: str = "") -> None:
        super().__init__(message)
        self.response = response
