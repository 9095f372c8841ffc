"""What ends the relay before it serves."""


class RefusedError(RuntimeError):
    """The relay cannot start as it is configured: one sentence saying what, where, and what to do.

    Class: permanent; exit code 2. The store, the keys and the city each bring their own sentence.
    """
