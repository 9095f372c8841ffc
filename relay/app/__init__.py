"""The running relay: the one writer, its supervisor, and what it does with each record and command."""
