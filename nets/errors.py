"""The error of this package for a request that cannot be met."""


class NetError(ValueError):
    """A network cannot be built or changed as asked; the message is one line for the user."""
