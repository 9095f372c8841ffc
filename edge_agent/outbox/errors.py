"""What can go wrong with the outbox; the texts are for the technician or the operator who reads them."""


class OutboxError(Exception):
    """The outbox could not do what it was asked; nothing of the request was stored."""


class OutboxUnusableError(OutboxError):
    """The file cannot be used at all. Class: permanent; the agent refuses to start and the text gives the way out."""


class OutboxFullError(OutboxError):
    """The record was refused because the limits of ``[outbox]`` are reached; it is counted. Class: retryable."""


class OutboxDiskError(OutboxError):
    """The disk did not take the record: full, failing, or read-only. Class: retryable."""


class OutboxClosedError(OutboxError):
    """The agent is stopping, or the outbox thread gave no answer in time. Class: retryable.

    After a timeout the record may still become durable; its alert_id makes a repetition harmless at the relay.
    """
