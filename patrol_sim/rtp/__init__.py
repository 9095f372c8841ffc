"""RTP as values: NAL units, packets, sender reports. Pure: no sockets, no clock."""
