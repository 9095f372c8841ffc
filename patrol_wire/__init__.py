"""The contract between rooms, the relay, unit terminals and the index service.

Owns identifiers, messages, records, the codec, the hash chain and the key file format.
Normative text: docs/wire-protocol.md. Imports nothing of ours and does no I/O.
"""
