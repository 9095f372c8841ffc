"""The ``patrol`` command: one small module per command, each with a ``register(app)``.

May import everything; nobody imports it.
"""
