class PermanentError(Exception):
    """A delivery failure that a retry cannot fix. `response` is what a receiver answered."""

    def __init__(self, message: str, response: str = "") -> None:
        super().__init__(message)
        self.response = response
