// The table of sandboxes: rows in the database, and all reads from memory.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { IdIndex } from './id-index.ts';
import { type SandboxId, sandboxId } from './ids.ts';
import { RowReader } from './row.ts';
import type { Sandbox, SandboxState } from './sandbox.ts';
import { write } from './write.ts';

/**
 * All sandboxes: rows in the database, with an index in memory for all reads. Writes go to the row first, so that
 * memory never has state that a restarted berthd would lack.
 */
export class SandboxStore {
  readonly #index = new IdIndex<SandboxId, Sandbox>('pod sandbox');
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #configure: StatementSync;
  readonly #delete: StatementSync;

  /** Loads the rows of a migrated database. */
  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      `INSERT INTO sandbox (id, name, config, runtime_handler, runtime, created_at, cgroup_parent, owned_cgroup, selinux_level, phase)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = database.prepare(
      `UPDATE sandbox SET phase = ?, ips = ?, init_pid = ?, init_start = ?, init_conmon_pid = ?, init_conmon_start = ?
       WHERE id = ?`,
    );
    this.#configure = database.prepare('UPDATE sandbox SET config = ? WHERE id = ?');
    this.#delete = database.prepare('DELETE FROM sandbox WHERE id = ?');
    const select = database.prepare('SELECT * FROM sandbox ORDER BY created_at');
    select.setReadBigInts(true);
    for (const row of select.all()) this.#index.set(parse(new RowReader('sandbox', row)));
  }

  /** Writes the row of a sandbox that will be created, which reserves its name. */
  insert(sandbox: Sandbox & { readonly state: { readonly phase: 'creating' } }): void {
    this.#index.checkNameIsFree(sandbox.name);
    write(
      this.#insert,
      sandbox.id,
      sandbox.name,
      PodSandboxConfig.encode(sandbox.config).finish(),
      sandbox.runtimeHandler,
      sandbox.runtime,
      sandbox.createdAt,
      sandbox.cgroupParent,
      sandbox.ownedCgroup,
      sandbox.selinuxLevel,
      sandbox.state.phase,
    );
    this.#index.set(sandbox);
  }

  /** Writes a new state; returns the updated sandbox. */
  setState(id: SandboxId, state: SandboxState): Sandbox {
    const sandbox = this.#index.get(id);
    if (sandbox === undefined) throw new Error(`sandbox ${id} has no row`);
    const ready = state.phase === 'ready' ? state : undefined;
    write(
      this.#update,
      state.phase,
      ready === undefined ? null : JSON.stringify(ready.ips),
      ready?.init?.init.pid ?? null,
      ready?.init?.init.startTime ?? null,
      ready?.init?.conmon.pid ?? null,
      ready?.init?.conmon.startTime ?? null,
      id,
    );
    const updated = { ...sandbox, state };
    this.#index.set(updated);
    return updated;
  }

  /** Writes a changed config and nothing else. */
  setConfig(id: SandboxId, config: PodSandboxConfig): void {
    const sandbox = this.#index.get(id);
    if (sandbox === undefined) throw new Error(`sandbox ${id} has no row`);
    write(this.#configure, PodSandboxConfig.encode(config).finish(), id);
    this.#index.set({ ...sandbox, config });
  }

  /** Deletes the row; the sandbox's other resources must have been removed before. */
  delete(id: SandboxId): void {
    const sandbox = this.#index.get(id);
    if (sandbox === undefined) return;
    write(this.#delete, id);
    this.#index.delete(sandbox);
  }

  get(id: SandboxId): Sandbox | undefined {
    return this.#index.get(id);
  }

  /** The sandbox that has a name reserved. */
  named(name: string): Sandbox | undefined {
    return this.#index.named(name);
  }

  /** Finds a sandbox by its id or a unique prefix of it. */
  find(prefix: string): Sandbox | undefined {
    return this.#index.find(prefix);
  }

  /** All sandboxes, oldest first. */
  all(): IterableIterator<Sandbox> {
    return this.#index.values();
  }
}

function parse(row: RowReader): Sandbox {
  return {
    id: sandboxId(row.text('id')),
    name: row.text('name'),
    config: PodSandboxConfig.decode(row.bytes('config')),
    runtimeHandler: row.text('runtime_handler'),
    runtime: row.text('runtime'),
    createdAt: row.bigint('created_at'),
    cgroupParent: row.text('cgroup_parent'),
    ownedCgroup: row.text('owned_cgroup'),
    selinuxLevel: row.text('selinux_level'),
    state: parseState(row),
  };
}

function parseState(row: RowReader): SandboxState {
  const phase = row.text('phase');
  switch (phase) {
    case 'creating':
    case 'stopping':
    case 'stopped':
    case 'removing':
      return { phase };
    case 'ready': {
      const init = row.isNull('init_pid')
        ? undefined
        : {
            init: row.process('init_pid', 'init_start'),
            conmon: row.process('init_conmon_pid', 'init_conmon_start'),
          };
      return { phase, ips: row.strings('ips'), init };
    }
    default:
      return row.fail('phase', 'a phase of a sandbox');
  }
}
