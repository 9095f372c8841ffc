-- The outbox of one room: what the relay has not finally acknowledged yet. Times are UTC microseconds.

-- Who this file belongs to; the epoch is born with the file and never changes.
CREATE TABLE meta (
    only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
    epoch      INTEGER NOT NULL,
    node       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- One row per stream: the newest durable record, the mark before the oldest one held, the relay's acknowledgement.
CREATE TABLE lane (
    stream     TEXT PRIMARY KEY,
    last_seq   INTEGER NOT NULL,
    last_chain BLOB    NOT NULL,
    base_seq   INTEGER NOT NULL,
    base_chain BLOB    NOT NULL,
    stored_seq INTEGER NOT NULL
) STRICT;

-- The records themselves; deleted up to `final`. state: stored, acknowledged or refused (edge_agent/core/outbox.py).
CREATE TABLE record (
    stream    TEXT    NOT NULL,
    seq       INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    alert_id  TEXT,
    body      BLOB    NOT NULL,
    chain     BLOB    NOT NULL,
    stored_at INTEGER NOT NULL,
    state     TEXT    NOT NULL,
    PRIMARY KEY (stream, seq)
) STRICT;

-- What the relay took as dead letters, with its reason; the newest thousand, for people.
CREATE TABLE refusal (
    stream   TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    alert_id TEXT,
    reason   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (stream, seq)
) STRICT;

-- What the room's console shows: the newest alerts and flags, also after they were settled. standing: state of a
-- flag (edge_agent/core/flags.py), or open, accepted, dismissed for a machine alert.
CREATE TABLE alert (
    alert_id  TEXT PRIMARY KEY,
    seq       INTEGER NOT NULL,
    source    TEXT    NOT NULL,
    body      BLOB    NOT NULL,
    stored_at INTEGER NOT NULL,
    category  TEXT    NOT NULL,
    severity  TEXT    NOT NULL,
    standing  TEXT    NOT NULL,
    operator  TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    ended_at  INTEGER,
    snapshot  TEXT,
    clip      TEXT
) STRICT;
CREATE UNIQUE INDEX alert_by_seq ON alert (seq);

-- How many of what, since the file was made; changed in the transaction of the record it counts.
CREATE TABLE tally (
    name  TEXT PRIMARY KEY,
    total INTEGER NOT NULL
) STRICT;

-- Not used any more (additions.sql has what the attestation says); kept for the way back to the program before.
CREATE TABLE daily (
    day      TEXT    NOT NULL,
    category TEXT    NOT NULL,
    total    INTEGER NOT NULL,
    PRIMARY KEY (day, category)
) STRICT;
