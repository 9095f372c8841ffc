"""Loops to serve: video files by stream copy, pictures by one encoding at load."""
