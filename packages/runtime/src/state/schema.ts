/**
 * The tables of sandboxes and containers, as steps for `migrate`. A row is written before anything is made
 * for its object and deleted after everything is gone, so whatever exists can be found from the rows.
 * `config` is the CRI message in its wire form. Times are nanoseconds since 1970, process start times
 * clock ticks since boot.
 */
export const runtimeSchema: readonly string[] = [
  `CREATE TABLE sandbox (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    config BLOB NOT NULL,
    runtime_handler TEXT NOT NULL,
    runtime TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    cgroup_parent TEXT NOT NULL,
    owned_cgroup TEXT NOT NULL,
    phase TEXT NOT NULL,
    ips TEXT,
    init_pid INTEGER,
    init_start INTEGER,
    init_conmon_pid INTEGER,
    init_conmon_start INTEGER
  ) STRICT;
  CREATE TABLE container (
    id TEXT PRIMARY KEY,
    sandbox_id TEXT NOT NULL REFERENCES sandbox (id),
    name TEXT NOT NULL UNIQUE,
    config BLOB NOT NULL,
    image_id TEXT NOT NULL,
    image_ref TEXT NOT NULL,
    image_name TEXT NOT NULL,
    stop_signal INTEGER NOT NULL,
    log_path TEXT NOT NULL,
    cgroup TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    phase TEXT NOT NULL,
    user BLOB,
    pid INTEGER,
    pid_start INTEGER,
    conmon_pid INTEGER,
    conmon_start INTEGER,
    started_at INTEGER,
    finished_at INTEGER,
    exit_code INTEGER,
    reason TEXT,
    message TEXT
  ) STRICT;
  CREATE INDEX container_sandbox ON container (sandbox_id);
  CREATE TABLE boot (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), id TEXT NOT NULL) STRICT`,
  `ALTER TABLE container ADD COLUMN volume_images TEXT NOT NULL DEFAULT '[]'`,
  `ALTER TABLE sandbox ADD COLUMN selinux_level TEXT NOT NULL DEFAULT ''`,
];
