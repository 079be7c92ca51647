/**
 * The tables of the image store, as steps for `migrate`. A layer's row is written before its directory is made
 * and deleted after it is gone. `config` is the image configuration as its author wrote it; `layers` are chain ids,
 * bottom first, and `documents` the digests of its index, manifest and configuration, both as JSON. A name is a
 * tag (`docker.io/library/nginx:1`) or a digest (`docker.io/library/nginx@sha256:…`).
 */
export const imageSchema: readonly string[] = [
  `CREATE TABLE image (
    id TEXT PRIMARY KEY,
    config TEXT NOT NULL,
    layers TEXT NOT NULL,
    documents TEXT NOT NULL,
    pulled_at INTEGER NOT NULL,
    phase TEXT NOT NULL
  ) STRICT;
  CREATE TABLE image_name (
    name TEXT PRIMARY KEY,
    image_id TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE
  ) STRICT;
  CREATE TABLE image_layer (
    chain_id TEXT PRIMARY KEY,
    dir INTEGER NOT NULL UNIQUE,
    disk_bytes INTEGER NOT NULL,
    files INTEGER NOT NULL,
    unpacked_at INTEGER NOT NULL,
    phase TEXT NOT NULL
  ) STRICT`,
  // The boot at which a layer was made, until it is known to be on the disk.
  `ALTER TABLE image_layer ADD COLUMN volatile_since TEXT NOT NULL DEFAULT ''`,
  // Number of entries in the layer's directory, to detect one that was emptied; -1 for layers of an older berthd.
  'ALTER TABLE image_layer ADD COLUMN top_names INTEGER NOT NULL DEFAULT -1',
];
