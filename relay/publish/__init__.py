"""The counts: the feed over ZeroMQ, its pages over HTTP, the levels of the index."""
