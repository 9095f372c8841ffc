-- Tables that came after version 1 of the file and that an older program may ignore: made where they are missing, so
-- that neither an upgrade nor the way back needs an empty outbox.

-- The health alerts that hold, changed in the transaction of the records that raise and clear them: after a restart the
-- room knows what it has told. body: MessagePack of the HealthAlert as raised.
CREATE TABLE IF NOT EXISTS health_alert (
    alert_id  TEXT PRIMARY KEY,
    raised_at INTEGER NOT NULL,
    body      BLOB    NOT NULL
) STRICT;

-- Up to where the room has attested its alerts, and the day that is open (city's time zone; empty before the first look).
CREATE TABLE IF NOT EXISTS attested (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    day      TEXT    NOT NULL,
    upto_seq INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO attested SELECT 1, '', last_seq FROM lane WHERE stream = 'a';

-- What operators added to their flags: the last words, and the hash of the voice note. Leaves with its flag.
CREATE TABLE IF NOT EXISTS remark (
    alert_id TEXT PRIMARY KEY,
    note     TEXT NOT NULL,
    voice    TEXT,
    voice_ms INTEGER NOT NULL
) STRICT;

-- Flags are looked up behind any number of machine alerts.
CREATE INDEX IF NOT EXISTS flag_by_seq ON alert (seq) WHERE source = 'flag';

-- Alerts and flags since then by category: stored, and refused by a full outbox or a failing disk. Changed in the
-- transaction of the record, emptied in that of the attestation.
CREATE TABLE IF NOT EXISTS unattested (
    category TEXT PRIMARY KEY,
    stored   INTEGER NOT NULL,
    refused  INTEGER NOT NULL
) STRICT;

-- The evidence that has to go to the relay beside the records: one row per content, made in the transaction of the
-- manifest that announces it (record seq of stream C). state: edge_agent/core/media_items.py.
CREATE TABLE IF NOT EXISTS media_item (
    sha256     TEXT PRIMARY KEY,
    alert_id   TEXT    NOT NULL,
    media_type TEXT    NOT NULL,
    is_clip    INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    rank       INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    stored_at  INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    settled_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS media_item_order ON media_item (state, is_clip, rank, stored_at DESC);

-- What became of this room's alerts, as the relay told it last: the wire's message `progress`, one row per alert.
CREATE TABLE IF NOT EXISTS progress (
    alert_id    TEXT PRIMARY KEY,
    incident_id TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    message     BLOB    NOT NULL
) STRICT;

-- The watch: one row per operator's shift, changed in the transaction of the line of the shift log that changes it.
-- state: edge_agent/core/watch.py. Ended shifts leave after WATCH_KEPT_S (watch_rows.py).
CREATE TABLE IF NOT EXISTS shift (
    shift_id  TEXT PRIMARY KEY,
    operator  TEXT    NOT NULL,
    state     TEXT    NOT NULL,
    began_at  INTEGER NOT NULL,
    rested_at INTEGER NOT NULL,
    ended_at  INTEGER,
    note      TEXT    NOT NULL
) STRICT;

-- Finished rounds and every other line, as people read the log: MessagePack of the ShiftEntry.
CREATE TABLE IF NOT EXISTS shift_line (
    seq      INTEGER PRIMARY KEY,
    shift_id TEXT,
    entry    TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    body     BLOB    NOT NULL
) STRICT;

-- What operators did, for the statistics of their shifts: made in the transaction of the flag, change or judgement.
CREATE TABLE IF NOT EXISTS operator_act (
    seq      INTEGER PRIMARY KEY,
    operator TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    took_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS operator_act_of ON operator_act (operator, at);

-- Which act an operator's judgement of an alert is: another verdict on the same alert corrects that act, it is no second.
CREATE TABLE IF NOT EXISTS judged (
    alert_id TEXT NOT NULL,
    operator TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (alert_id, operator)
) STRICT, WITHOUT ROWID;
