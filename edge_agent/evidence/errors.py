"""The error of the evidence package."""


class EvidenceError(ValueError):
    """A broken promise of the caller or of the disk: a polygon with two corners, a hash that is none.

    What may happen on a good day (a full disk, content that is gone) is a return value, not this.
    """
