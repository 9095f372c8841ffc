"""Simulated cameras: video files and generated street scenes served as real RTSP, with faults on demand.

Imports neither program. ``patrol_sim.server.SimServer`` is the way in; ``patrol_sim.scene`` also serves tests directly.
"""
