"""Snapshots and clips on the room's disk, masked before they leave memory."""
