"""RTSP 1.0 as values (RFC 2326): requests read from bytes, answers, SDP, digest. Pure: no sockets, no clock."""
