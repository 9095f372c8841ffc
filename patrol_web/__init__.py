"""patrol_web."""
