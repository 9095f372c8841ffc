"""The edge agent's decisions: pure values in, decisions out. No I/O, threads, clocks, randomness or libraries."""
