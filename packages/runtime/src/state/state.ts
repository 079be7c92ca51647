// berthd's persistent state. Handlers read and change sandboxes and containers through it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { ContainerStore } from './container-store.ts';
import { migrate, openDatabase } from './database.ts';
import { SandboxStore } from './sandbox-store.ts';
import { runtimeSchema } from './schema.ts';

/**
 * berthd's persistent state: one database with the tables of sandboxes and containers; image/ keeps its own tables
 * in it.
 */
export class State {
  readonly database: DatabaseSync;
  readonly sandboxes: SandboxStore;
  readonly containers: ContainerStore;
  /** Whether the machine was rebooted since the database was last used; then no process is left. */
  readonly rebooted: boolean;

  private constructor(database: DatabaseSync, bootId: string) {
    this.database = database;
    migrate(database, 'runtime', runtimeSchema);
    this.sandboxes = new SandboxStore(database);
    this.containers = new ContainerStore(database);
    const row = database.prepare('SELECT id FROM boot').get();
    this.rebooted = row !== undefined && row.id !== bootId;
  }

  /** Opens ROOT/berth.db. `bootId` is the content of /proc/sys/kernel/random/boot_id. */
  static open(root: string, bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()): State {
    return new State(openDatabase(join(root, 'berth.db')), bootId);
  }

  /** Records, after reconciliation, that the rows belong to this boot. */
  confirmBoot(bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()): void {
    this.database
      .prepare('INSERT INTO boot VALUES (1, ?) ON CONFLICT (only_row) DO UPDATE SET id = excluded.id')
      .run(bootId);
  }

  /** Throws when the database cannot be read. */
  check(): void {
    this.database.prepare('SELECT 1').get();
  }

  close(): void {
    this.database.close();
  }
}
