"""The machine around the room: its clock, log lines, figures, and systemd."""
