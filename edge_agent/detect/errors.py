"""What can be wrong with a detector or a model."""


class ModelError(Exception):
    """A model is missing, damaged or not what its catalogue says; the message says which and what to do.

    Class: permanent; a command exits 2, the agent refuses to start, until a person mends it.
    """


class ProviderMissingError(ModelError):
    """The execution provider that the configuration asks for is not to be had; the message says what to install.

    Class: permanent. With ``provider_missing = "use_cpu"`` it becomes a warning.
    """
