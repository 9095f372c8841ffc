"""Heads: how the raw output of a family of models becomes boxes. One file per family, all in ``registry.py``."""
