-- Tables that came after version 1 of the file and that an older program may ignore: made where they are missing, so
-- that neither an upgrade nor the way back needs an empty outbox.

-- The health alerts that hold, changed in the transaction of the records that raise and clear them: after a restart the
-- room knows what it has told. body: MessagePack of the HealthAlert as raised.
CREATE TABLE IF NOT EXISTS health_alert (
    alert_id  TEXT PRIMARY KEY,
    raised_at INTEGER NOT NULL,
    body      BLOB    NOT NULL
) STRICT;
