import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import type { LiveConfig } from '../config/live-config.ts';
import { type ContainerRetryServices, retryContainerRemoval } from '../container/retry.ts';
import { isExitFileName } from '../exits/exit-files.ts';
import type { Logger } from '../logging/log.ts';
import { collectNetworkGarbage } from '../network/gc.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import { retrySandboxRemoval, type SandboxRetryServices } from '../sandbox/retry.ts';
import { isId, sandboxId } from '../state/ids.ts';
import type { Paths } from '../state/paths.ts';
import type { State } from '../state/state.ts';
import type { Retries } from '../teardown/retries.ts';
import { endLeftoverCheckpoints, type LeftoverCheckpointServices } from './checkpoints.ts';
import { endRuntimes, runtimePrograms, waitForPlugins } from './leftovers.ts';
import { list, type ObserveServices, observeMachine } from './observe.ts';
import { describeAction, perform, type RecoveryActionServices } from './perform.ts';
import { type Action, type Rows, reconcileActions } from './reconcile.ts';

/** What recovery uses. */
export interface RecoveryServices
  extends ContainerRetryServices,
    LeftoverCheckpointServices,
    ObserveServices,
    RecoveryActionServices,
    SandboxRetryServices {
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly retries: Retries;
}

/** Timeout for helper processes of a killed berthd to finish before they are killed. */
const helperTimeoutMs = 10_000;
const checkpointTimeoutMs = 60_000;

/**
 * Reconciles rows and machine after a start, before any request is served: finishes or undoes the interrupted
 * operations of a killed berthd, and adopts its running containers. A failed action is logged and retried while
 * berthd serves; its object stays visible, so that a kubelet can stop and remove it.
 */
export async function recover(services: RecoveryServices): Promise<void> {
  const { state, log } = services;
  const rows: Rows = { sandboxes: [...state.sandboxes.all()], containers: [...state.containers.all()] };
  await endLeftovers(services, rows);
  const actions = reconcileActions(rows, await observeMachine(services, rows));
  for (const action of actions) {
    if (action.kind !== 'adopt-container') log.info(`Recovery: ${describeAction(action)}`);
    try {
      await perform(services, action);
    } catch (error) {
      log.error(`Recovery failed: ${describeAction(action)}: ${messageWithCauses(error)}`);
      tryAgain(services, action, error);
    }
  }
  const sandboxes = new Set<string>([...state.sandboxes.all()].map(({ id }) => id));
  const containers = new Set<string>([...state.containers.all()].map(({ id }) => id));
  await collectGarbage(services).catch(() =>
    services.retries.add('network garbage', 'detaching sandboxes that are gone', () =>
      collectGarbage(services),
    ),
  );
  removeHalfWritten(services, rows, sandboxes.union(containers));
  state.confirmBoot();
  log.info('Recovered', { sandboxes: sandboxes.size, containers: containers.size });
}

/** Retries a failed action in the queue of its object, unless it is no longer needed. */
function tryAgain(services: RecoveryServices, action: Action, error: unknown): void {
  try {
    switch (action.kind) {
      case 'destroy-sandbox':
        retrySandboxRemoval(services, action.id);
        break;
      case 'destroy-container':
        retryContainerRemoval(services, action.id, error);
        break;
      default:
        services.retries.add(`${action.kind} ${action.id}`, describeAction(action), () =>
          services.queue.run(action.id, async () => {
            if (isToBeDone(services, action)) await perform(services, action);
          }),
        );
    }
  } catch (failure) {
    // For example when the disk is full.
    services.log.error(`Writing down that it failed failed as well: ${messageWithCauses(failure)}`);
  }
}

/** Whether an action is still needed: its object may have been changed or removed since. */
function isToBeDone({ state }: { readonly state: State }, action: Action): boolean {
  switch (action.kind) {
    case 'kill-container':
    case 'record-exit':
    case 'settle-start':
    case 'adopt-container': {
      const phase = state.containers.get(action.id)?.state.phase;
      return phase !== undefined && phase !== 'exited' && phase !== 'removing';
    }
    case 'make-etc-files':
      return state.sandboxes.get(action.id)?.state.phase === 'ready';
    default:
      return true;
  }
}

async function collectGarbage({
  network,
  state,
}: {
  readonly state: State;
  readonly network: PodNetwork;
}): Promise<void> {
  await collectNetworkGarbage(network, (id) => isId(id) && state.sandboxes.get(sandboxId(id)) !== undefined);
}

/** Ends processes of the killed berthd that would interfere with recovery. */
async function endLeftovers(services: RecoveryServices, rows: Rows): Promise<void> {
  const { paths } = services;
  await waitForPlugins(new Set(rows.sandboxes.map(({ id }) => id)), helperTimeoutMs);
  await endLeftoverCheckpoints(services, rows, checkpointTimeoutMs);
  // conmon and the OCI runtime may still be creating a container that recovery removes.
  const unsettled = [...rows.containers, ...rows.sandboxes].filter(
    ({ state: { phase } }) => phase === 'creating' || phase === 'restoring' || phase === 'removing',
  );
  const pidFiles = new Map<string, string>([
    ...rows.containers.map(({ id }) => [id, paths.container(id).bundle.pid] as const),
    ...rows.sandboxes.map(({ id }) => [id, paths.sandbox(id).init.pid] as const),
  ]);
  await endRuntimes(new Set(unsettled.map(({ id }) => id)), {
    programs: runtimePrograms(services),
    timeoutMs: helperTimeoutMs,
    initOf: (id) => readPid(pidFiles.get(id)),
  });
}

function readPid(file: string | undefined): number | undefined {
  try {
    const pid = Number(readRegularFileSync(file ?? '', { maxBytes: 64 }).toString());
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Removes temporary files whose writer was killed: exit files, ID.XXXXXX, of unknown ids, and records of CNI
 * attachments, .ID-INTERFACE.tmp, which have no writer at this point.
 */
function removeHalfWritten(
  { paths, config }: { readonly config: LiveConfig; readonly paths: Paths },
  rows: Rows,
  known: ReadonlySet<string>,
): void {
  for (const name of list(paths.exits)) {
    const id = name.slice(0, name.indexOf('.'));
    if (!isExitFileName(name) && isId(id) && !known.has(id)) rmSync(join(paths.exits, name), { force: true });
  }
  const records = join(config.current.cni.cacheDir, 'results');
  const sandboxes = new Set<string>(rows.sandboxes.map(({ id }) => id));
  for (const name of list(records)) {
    const [, id = ''] = /^\.([0-9a-f]{64})-.*\.tmp$/.exec(name) ?? [];
    if (sandboxes.has(id)) rmSync(join(records, name), { force: true });
  }
}
