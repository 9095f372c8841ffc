"""The relay's configuration: read once, frozen, refused with file and line when it cannot be used."""
