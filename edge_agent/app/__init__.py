"""The running agent: its threads, who owns what, and its start and end."""
