"""Camera streams: opening, reading, decoding, the ring of packets, clips."""
