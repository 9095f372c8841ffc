"""``patrol models``: the catalogue of detectors: what is there, fetching, adding, quantising."""

from patrol_cli.models.command import register

__all__ = ["register"]
