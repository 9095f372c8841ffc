"""``patrol demo``: a three-tier site on one machine, from cameras to counts, with people simulated and marked so."""
