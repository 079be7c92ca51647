// Ends checkpoints that a killed berthd left unfinished. recover.ts calls it before reconciliation.

import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import { endCheckpoint } from '../checkpoint/dump.ts';
import { workPlace } from '../checkpoint/files.ts';
import type { Logger } from '../logging/log.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import type { Paths } from '../state/paths.ts';
import type { State } from '../state/state.ts';
import { runtimeOf } from '../teardown/container.ts';
import type { Retries } from '../teardown/retries.ts';
import { findLeftovers, runtimePrograms } from './leftovers.ts';
import type { Rows } from './reconcile.ts';

/** What ending leftover checkpoints uses. */
export interface LeftoverCheckpointServices {
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly runtimes: OciRuntimes;
  readonly retries: Retries;
  readonly conmon: string;
}

const pauseMs = 20;

/**
 * Ends the checkpoints that a killed berthd had begun: resumes their containers and removes partial archives. criu
 * may still run and gets `timeoutMs` to finish, because killing it would leave its parasite code in the container's
 * processes.
 */
export async function endLeftoverCheckpoints(
  services: LeftoverCheckpointServices,
  rows: Rows,
  timeoutMs: number,
): Promise<void> {
  const { paths, state } = services;
  const begun = rows.containers.filter(({ id }) => existsSync(workPlace(paths.container(id)).dir));
  if (begun.length === 0) return;
  const ids = new Set<string>(begun.map(({ id }) => id));
  const programs = runtimePrograms(services);
  const isAtWork = () => findLeftovers(ids, programs).some(({ kind }) => kind === 'checkpoint');
  for (const deadline = performance.now() + timeoutMs; isAtWork() && performance.now() < deadline; ) {
    await delay(pauseMs);
  }
  for (const { id } of begun) {
    const end = async () => {
      const container = state.containers.get(id);
      if (container === undefined) return;
      await endCheckpoint(services, container, runtimeOf(services, state.sandboxes.get(container.sandboxId)));
      if (existsSync(workPlace(paths.container(id)).dir)) throw new Error('it stays paused');
    };
    await end().catch((error) => {
      services.log.error(`Ending the checkpoint of a container failed: ${messageWithCauses(error)}`, {
        container: id,
      });
      services.retries.add(`checkpoint ${id}`, `ending the checkpoint of container ${id}`, () =>
        services.queue.run(id, end),
      );
    });
  }
}
