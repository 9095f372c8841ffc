"""The one error of the settings."""


class SettingsError(ValueError):
    """A configuration that cannot be used: one sentence saying file, line where known, key, what is wrong, what to do.

    Class: permanent; the program refuses to start (exit 2) until a person mends the file.
    """
