"""What keeps the link from starting."""


class LinkKeyError(ValueError):
    """The room's key file cannot be used: one sentence with file, what is wrong, what to do. Class: permanent."""
