"""What can be wrong with a store; each sentence tells the technician what and the way out."""

from relay.core.city_faults import CityFault


class StoreError(RuntimeError):
    """The store cannot be used as it is; the text says why and what to do. Never emptied by itself."""


def fault_of(error: Exception) -> str:
    """Return in one line what a store said, for people: the database's own words without the statement."""
    said = str(getattr(error, "orig", None) or error).strip()
    return (said.splitlines() or [type(error).__name__])[0][:200]


class StoreCorruptError(StoreError):
    """The database file is damaged."""


class StoreTooNewError(StoreError):
    """The database was written by a newer version of this program."""


class StoreUnreachableError(StoreError):
    """The database does not answer now; it may by itself. Class: retryable."""


class StaleStoreError(StoreError):
    """Another writer changed what a transaction had read. Class: retryable, from the beginning."""


class NotBesideOthersError(StoreError):
    """A transaction would do beside others what must be done alone. Class: retryable, alone, from the beginning."""


class CityError(ValueError):
    """A file of the city cannot be used; the text says which file, where in it and what to do.

    ``faults`` holds every complaint; the text is the first and how many more there are.
    """

    def __init__(self, text: str, faults: tuple[CityFault, ...] = ()) -> None:
        super().__init__(text)
        self.faults = faults
