"""Reads CAP messages as a strict receiver: valid by the schema written from the standard, or an error."""

from pathlib import Path

from lxml import etree

NAMESPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"
_SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("cap-1.2.xsd")))


class CapMessage:
    """One valid message; ``said`` gives the text of an element, the first or of the n-th info."""

    def __init__(self, text: str | bytes) -> None:
        parser = etree.XMLParser(resolve_entities=False)
        self._root = etree.fromstring(text.encode() if isinstance(text, str) else text, parser)
        _SCHEMA.assertValid(self._root)

    def said(self, name: str, *, info: int | None = None) -> str | None:
        """Return the text at a path of names below alert, or below an info block; None when it is not there."""
        place = self._root if info is None else self._root.findall(f"{NAMESPACE}info")[info]
        found: str | None = place.findtext("/".join(NAMESPACE + part for part in name.split("/")))
        return found
