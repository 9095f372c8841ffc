"""Measurements anyone can repeat: ``python -m bench`` lists them, ``python -m bench NAME`` runs one (bench/README.md).

Not part of the installed package. A bench drives the real programs, says on which machine and under which load, and
puts what the same work costs without us (plain sqlite3, plain pyzmq) beside the figure, in the same run.
"""
