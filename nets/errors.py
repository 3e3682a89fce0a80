"""The one error that this package raises for what a caller asked."""


class NetError(ValueError):
    """A network cannot be built or changed as asked; the message is one line for the user."""
