"""Room for thousands of sockets in one process."""

import resource


def allow_many_files() -> int:
    """Raise the limit of open files to what is allowed and return it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
