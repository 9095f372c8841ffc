"""What can be wrong with a detector or a model."""


class ModelError(Exception):
    """A model is missing, damaged or not what its catalogue says; the message says which and what to do.

    Class: permanent; a command exits 2, the agent refuses to start, until a person mends it.
    """
