CREATE TABLE projects (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE);

CREATE TABLE accounts (id TEXT PRIMARY KEY, base_url TEXT NOT NULL, doc TEXT NOT NULL);

CREATE TABLE connections (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL UNIQUE,
    base_url TEXT NOT NULL,
    repo_id INTEGER NOT NULL,
    pass_until INTEGER NOT NULL DEFAULT 0,
    doc TEXT NOT NULL,
    UNIQUE (base_url, repo_id)
);

CREATE TABLE connection_log (
    position INTEGER PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    time INTEGER NOT NULL
);
CREATE INDEX connection_log_of ON connection_log (connection_id, position);

CREATE TABLE tracker_labels (
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    id INTEGER NOT NULL, name TEXT NOT NULL, colour TEXT NOT NULL, exclusive INTEGER NOT NULL,
    PRIMARY KEY (connection_id, id)
);
CREATE TABLE tracker_milestones (
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    id INTEGER NOT NULL, title TEXT NOT NULL, open INTEGER NOT NULL,
    PRIMARY KEY (connection_id, id)
);
CREATE TABLE tracker_users (
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    id INTEGER NOT NULL, login TEXT NOT NULL, assignable INTEGER NOT NULL,
    PRIMARY KEY (connection_id, id)
);

-- Issues and comments have the same columns. `base` and `remote_fields` are null while they equal `local`.
CREATE TABLE issues (
    id TEXT PRIMARY KEY,
    parent_id TEXT,
    project_id TEXT NOT NULL,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    number INTEGER,
    marker TEXT NOT NULL,
    client_key TEXT UNIQUE,
    lifecycle TEXT NOT NULL,
    sync_status TEXT NOT NULL,
    sync_conflict TEXT,
    is_open INTEGER NOT NULL,
    is_hidden INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    deleted_us INTEGER,
    rev INTEGER NOT NULL,
    version INTEGER NOT NULL,
    log_seq INTEGER NOT NULL,
    log_head TEXT NOT NULL,
    text_hash INTEGER NOT NULL,
    local TEXT NOT NULL,
    base TEXT,
    remote_fields TEXT,
    remote TEXT,
    rest TEXT NOT NULL,
    UNIQUE (connection_id, marker)
);
CREATE UNIQUE INDEX issues_number ON issues (connection_id, number) WHERE number IS NOT NULL;
CREATE INDEX issues_updated ON issues (updated_us, id);
CREATE INDEX issues_of_connection ON issues (connection_id, updated_us, id);
CREATE INDEX issues_conflicted ON issues (connection_id) WHERE sync_conflict IS NOT NULL;
CREATE INDEX issues_deleted ON issues (connection_id, deleted_us) WHERE deleted_us IS NOT NULL;

CREATE TABLE comments (
    id TEXT PRIMARY KEY,
    parent_id TEXT NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    number INTEGER,
    marker TEXT NOT NULL,
    client_key TEXT UNIQUE,
    lifecycle TEXT NOT NULL,
    sync_status TEXT NOT NULL,
    sync_conflict TEXT,
    is_open INTEGER NOT NULL,
    is_hidden INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    deleted_us INTEGER,
    rev INTEGER NOT NULL,
    version INTEGER NOT NULL,
    log_seq INTEGER NOT NULL,
    log_head TEXT NOT NULL,
    text_hash INTEGER NOT NULL,
    local TEXT NOT NULL,
    base TEXT,
    remote_fields TEXT,
    remote TEXT,
    rest TEXT NOT NULL,
    UNIQUE (connection_id, marker)
);
CREATE UNIQUE INDEX comments_number ON comments (connection_id, number) WHERE number IS NOT NULL;
CREATE INDEX comments_of ON comments (parent_id, created_us, id);
CREATE INDEX comments_conflicted ON comments (connection_id) WHERE sync_conflict IS NOT NULL;
CREATE INDEX comments_deleted ON comments (connection_id, deleted_us) WHERE deleted_us IS NOT NULL;

-- One row per item, made with it and kept as long as it; `id` is the item's.
CREATE TABLE sync_outbox (
    id TEXT PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    issue_id TEXT NOT NULL,
    comment_id TEXT,
    kind TEXT NOT NULL,
    changes TEXT NOT NULL,
    status TEXT NOT NULL,
    retry_count INTEGER NOT NULL,
    next_retry INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    races INTEGER NOT NULL,
    one_by_one INTEGER NOT NULL,
    last_error TEXT,
    created_at INTEGER NOT NULL
);
CREATE INDEX sync_outbox_due ON sync_outbox (next_retry) WHERE status = 'pending';
CREATE INDEX sync_outbox_failed ON sync_outbox (connection_id) WHERE status = 'failed';
CREATE INDEX sync_outbox_of ON sync_outbox (connection_id, status) WHERE status <> 'completed';

CREATE TABLE issue_sync_log (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    project_id TEXT NOT NULL,
    issue_id TEXT NOT NULL,
    comment_id TEXT,
    seq INTEGER NOT NULL,
    direction TEXT NOT NULL,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    field TEXT,
    before_state TEXT NOT NULL,
    after_state TEXT NOT NULL,
    provider TEXT NOT NULL,
    cause TEXT,
    grade TEXT,
    sync_time INTEGER NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX issue_sync_log_of ON issue_sync_log (issue_id, position);
-- The log only grows. Rows go only with their connection, whose removal is announced here first.
CREATE TABLE log_purge (connection_id TEXT PRIMARY KEY);
CREATE TRIGGER issue_sync_log_fixed BEFORE UPDATE ON issue_sync_log BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER issue_sync_log_kept BEFORE DELETE ON issue_sync_log WHEN NOT EXISTS (SELECT 1 FROM log_purge) BEGIN
    SELECT RAISE(ABORT, 'the log only grows');
END;

CREATE TABLE checks (
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    comment_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    held INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (connection_id, number, comment_id, kind)
);
CREATE INDEX checks_due ON checks (due_at) WHERE held = 0;

CREATE TABLE deliveries (
    position INTEGER PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    delivery_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    error TEXT,
    UNIQUE (connection_id, delivery_id)
);
CREATE INDEX deliveries_queued ON deliveries (received_at, delivery_id) WHERE state = 'queued';
CREATE INDEX deliveries_received ON deliveries (received_at);

CREATE TABLE notifications (
    position INTEGER PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    id TEXT NOT NULL UNIQUE,
    doc TEXT NOT NULL
);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
);

CREATE VIRTUAL TABLE issue_text USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0');
CREATE TRIGGER issue_text_gone AFTER DELETE ON issues BEGIN DELETE FROM issue_text WHERE rowid = old.rowid; END;
