"""What can be wrong with what a person asks of the simulator; the text is the sentence they read."""


class SimError(ValueError):
    """A source, configuration or fault request that cannot be used; says which one and what to do."""


class SourceError(SimError):
    """A video file or scene that cannot be turned into a loop."""


class FaultError(SimError):
    """A fault that does not exist or a value that it does not take."""
