class PermanentError(Exception):
    """It would fail the same way tomorrow. `response` is what a receiver answered."""

    def __init__(self, message: str, response: str = "") -> None:
        super().__init__(message)
        self.response = response
