// The table of containers: rows in the database, and all reads from memory.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ContainerConfig, LinuxContainerUser } from '@berth/cri/generated/api.ts';
import { type Container, type ContainerExit, type ContainerState, processesOf } from './container.ts';
import { IdIndex } from './id-index.ts';
import { type ContainerId, containerId, type SandboxId, sandboxId } from './ids.ts';
import { RowReader } from './row.ts';
import { write } from './write.ts';

/** All containers. Like SandboxStore it writes the row first and reads from memory. */
export class ContainerStore {
  readonly #index = new IdIndex<ContainerId, Container>('container');
  readonly #bySandbox = new Map<SandboxId, Set<ContainerId>>();
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #configure: StatementSync;
  readonly #delete: StatementSync;

  /** Loads the rows of a migrated database. */
  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      `INSERT INTO container
         (id, sandbox_id, name, config, image_id, image_ref, image_name, stop_signal, log_path, cgroup, created_at, phase,
          volume_images)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = database.prepare(
      `UPDATE container SET phase = ?, user = ?, pid = ?, pid_start = ?, conmon_pid = ?, conmon_start = ?,
         started_at = ?, finished_at = ?, exit_code = ?, reason = ?, message = ? WHERE id = ?`,
    );
    this.#configure = database.prepare('UPDATE container SET config = ? WHERE id = ?');
    this.#delete = database.prepare('DELETE FROM container WHERE id = ?');
    const select = database.prepare('SELECT * FROM container ORDER BY created_at');
    select.setReadBigInts(true);
    for (const row of select.all()) this.#remember(parse(new RowReader('container', row)));
  }

  /** Writes the row of a container that will be created, which reserves its name. */
  insert(container: Container & { readonly state: { readonly phase: 'creating' } }): void {
    this.#index.checkNameIsFree(container.name);
    write(
      this.#insert,
      container.id,
      container.sandboxId,
      container.name,
      ContainerConfig.encode(container.config).finish(),
      container.imageId,
      container.imageRef,
      container.imageName,
      container.stopSignal,
      container.logPath,
      container.cgroup,
      container.createdAt,
      container.state.phase,
      JSON.stringify(container.volumeImages),
    );
    this.#remember(container);
  }

  /** Writes a new state, and the user once it is known; returns the updated container. */
  setState(id: ContainerId, state: ContainerState, user?: LinuxContainerUser): Container {
    const container = this.#index.get(id);
    if (container === undefined) throw new Error(`container ${id} has no row`);
    const updated: Container = { ...container, state, user: user ?? container.user };
    const processes = processesOf(updated);
    const exit = 'exit' in state ? state.exit : undefined;
    const startedAt = state.phase === 'running' ? state.startedAt : exit?.startedAt;
    write(
      this.#update,
      state.phase,
      updated.user === undefined ? null : LinuxContainerUser.encode(updated.user).finish(),
      processes?.init.pid ?? null,
      processes?.init.startTime ?? null,
      processes?.conmon.pid ?? null,
      processes?.conmon.startTime ?? null,
      startedAt ?? null,
      exit?.finishedAt ?? null,
      exit?.exitCode ?? null,
      exit?.reason ?? null,
      exit?.message ?? null,
      id,
    );
    this.#index.set(updated);
    return updated;
  }

  /** Writes a changed config and nothing else. */
  setConfig(id: ContainerId, config: ContainerConfig): void {
    const container = this.#index.get(id);
    if (container === undefined) throw new Error(`container ${id} has no row`);
    write(this.#configure, ContainerConfig.encode(config).finish(), id);
    this.#index.set({ ...container, config });
  }

  /** Deletes the row; the container's other resources must have been removed before. */
  delete(id: ContainerId): void {
    const container = this.#index.get(id);
    if (container === undefined) return;
    write(this.#delete, id);
    this.#index.delete(container);
    const siblings = this.#bySandbox.get(container.sandboxId);
    siblings?.delete(id);
    if (siblings?.size === 0) this.#bySandbox.delete(container.sandboxId);
  }

  get(id: ContainerId): Container | undefined {
    return this.#index.get(id);
  }

  /** Finds a container by its id or a unique prefix of it. */
  find(prefix: string): Container | undefined {
    return this.#index.find(prefix);
  }

  /** All containers, oldest first. */
  all(): IterableIterator<Container> {
    return this.#index.values();
  }

  /** The containers of one sandbox, oldest first. */
  ofSandbox(id: SandboxId): Container[] {
    const containers: Container[] = [];
    for (const member of this.#bySandbox.get(id) ?? []) {
      const container = this.#index.get(member);
      if (container !== undefined) containers.push(container);
    }
    return containers;
  }

  #remember(container: Container): void {
    this.#index.set(container);
    const siblings = this.#bySandbox.get(container.sandboxId) ?? new Set();
    this.#bySandbox.set(container.sandboxId, siblings.add(container.id));
  }
}

function parse(row: RowReader): Container {
  return {
    id: containerId(row.text('id')),
    sandboxId: sandboxId(row.text('sandbox_id')),
    name: row.text('name'),
    config: ContainerConfig.decode(row.bytes('config')),
    imageId: row.text('image_id'),
    volumeImages: row.strings('volume_images'),
    imageRef: row.text('image_ref'),
    imageName: row.text('image_name'),
    stopSignal: row.number('stop_signal'),
    logPath: row.text('log_path'),
    cgroup: row.text('cgroup'),
    createdAt: row.bigint('created_at'),
    user: row.isNull('user') ? undefined : LinuxContainerUser.decode(row.bytes('user')),
    state: parseState(row),
  };
}

function parseState(row: RowReader): ContainerState {
  const phase = row.text('phase');
  const processes = () => ({
    init: row.process('pid', 'pid_start'),
    conmon: row.process('conmon_pid', 'conmon_start'),
  });
  const exit = (): ContainerExit => ({
    startedAt: row.bigint('started_at'),
    finishedAt: row.bigint('finished_at'),
    exitCode: row.number('exit_code'),
    reason: row.text('reason'),
    message: row.text('message'),
  });
  switch (phase) {
    case 'creating':
    case 'restorable':
    case 'restoring':
      return { phase };
    case 'created':
    case 'starting':
      return { phase, processes: processes() };
    case 'running':
      return { phase, processes: processes(), startedAt: row.bigint('started_at') };
    case 'exited':
    case 'removing':
      return { phase, exit: exit() };
    default:
      return row.fail('phase', 'a phase of a container');
  }
}
