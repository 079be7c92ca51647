import { readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { pinState, unpin } from '@berth/linux/namespaces.ts';
import { isSameProcess, kill } from '@berth/linux/process.ts';
import { nowNs } from './clock.ts';
import { isExitFileName, readExit, wasOomKilled } from './conmon/exit-files.ts';
import { watchConmon } from './container/exits.ts';
import { killTree, strangers } from './container/process-tree.ts';
import {
  destroyContainer,
  killContainer,
  releaseProcesses,
  removeBundle,
  runtimeOf,
} from './container/teardown.ts';
import type { Context } from './context.ts';
import { errnoOf, messageOf } from './errors.ts';
import { containerId, isId, sandboxId } from './ids.ts';
import { findLeftovers, killRuntimes, outwaitPlugins } from './leftovers.ts';
import { collectNetworkGarbage } from './network/gc.ts';
import type { Paths } from './paths.ts';
import { type Action, type Facts, type Rows, reconcileActions } from './reconcile.ts';
import { unmountShm } from './sandbox/files.ts';
import { expectedPins } from './sandbox/network.ts';
import { stopSandbox } from './sandbox/stop.ts';
import { destroySandbox } from './sandbox/teardown.ts';
import { type StartOutcome, startOutcome } from './start-outcome.ts';
import type { Container } from './state/container.ts';

/** How long CNI plugins of a dead berthd may take to finish before they are killed. */
const pluginTimeoutMs = 10_000;

/**
 * Brings rows and machine together after a start, before any request is served: whatever a berthd that died
 * had begun is finished or undone, and its running containers are adopted. An action that fails is logged
 * and left for the next start or for the kubelet's own removal of that pod.
 */
export async function recover(context: Context): Promise<void> {
  const { state, log } = context;
  const rows: Rows = { sandboxes: [...state.sandboxes.all()], containers: [...state.containers.all()] };
  await quietLeftovers(context, rows);
  const actions = reconcileActions(rows, await gatherFacts(context, rows));
  for (const action of actions) {
    if (action.kind !== 'adopt-container') log.info(`Recovery: ${describeAction(action)}`);
    try {
      await perform(context, action);
    } catch (error) {
      log.error(`Recovery failed: ${describeAction(action)}: ${messageOf(error)}`);
    }
  }
  const known = new Set<string>([...state.sandboxes.all()].map(({ id }) => id));
  await collectNetworkGarbage(context.network, known);
  state.confirmBoot();
  log.info('Recovered', { sandboxes: known.size, containers: [...state.containers.all()].length });
}

/** Ends what the dead berthd had started and what would go on changing things under our hands. */
async function quietLeftovers(context: Context, rows: Rows): Promise<void> {
  const programs = runtimePrograms(context);
  await outwaitPlugins(new Set(rows.sandboxes.map(({ id }) => id)), pluginTimeoutMs);
  // conmon and the OCI runtime may be about to make what is to be undone.
  const unsettled = [...rows.containers, ...rows.sandboxes].filter(
    ({ state: { phase } }) => phase === 'creating' || phase === 'removing',
  );
  await killRuntimes(new Set(unsettled.map(({ id }) => id)), programs);
}

function runtimePrograms({ runtimes, programs }: Context): Set<string> {
  return new Set([
    programs.conmon,
    ...runtimes.all.flatMap((handler) => (handler.usable ? [handler.runtime.path] : [])),
  ]);
}

async function gatherFacts(context: Context, rows: Rows): Promise<Facts> {
  const { paths, state } = context;
  const exits = readExits(paths);
  const oomKilled = rows.containers.filter(
    ({ id, cgroup }) =>
      wasOomKilled(paths.container(id).bundle.dir) || (context.cgroups.oomKillCount(cgroup) ?? 0) > 0,
  );
  const starting = rows.containers.flatMap(({ id, sandboxId: owner, state: at }) =>
    at.phase === 'starting' ? [{ id, owner, init: at.processes.init }] : [],
  );
  const starts = await Promise.all(
    starting.map(async ({ id, owner, init }): Promise<[string, StartOutcome]> => {
      const runtime = runtimeOf(context, state.sandboxes.get(owner));
      return [id, runtime === undefined ? 'stuck' : await startOutcome(runtime, id, init.pid)];
    }),
  );
  return {
    rebooted: state.rebooted,
    isAlive: ({ pid, startTime }) => isSameProcess(pid, startTime),
    exits,
    oomKilled: new Set(oomKilled.map(({ id }) => id)),
    starts: new Map(starts),
    pinned: new Set(
      rows.sandboxes
        .filter((sandbox) => expectedPins(context, sandbox).every((path) => pinState(path) === 'pinned'))
        .map(({ id }) => id),
    ),
    sandboxDirs: list(paths.sandboxes),
    bundleDirs: list(paths.bundles),
    layerDirs: list(paths.layers),
    now: nowNs(),
  };
}

function readExits(paths: Paths): Map<string, { exitCode: number; finishedAt: bigint }> {
  const exits = new Map<string, { exitCode: number; finishedAt: bigint }>();
  for (const name of list(paths.exits)) {
    const exit = isExitFileName(name) ? readExit(paths.exits, name) : undefined;
    if (exit !== undefined) exits.set(name, exit);
  }
  return exits;
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function perform(context: Context, action: Action): Promise<void> {
  const { state } = context;
  switch (action.kind) {
    case 'destroy-container': {
      const container = state.containers.get(action.id);
      if (container !== undefined) await destroyContainer(context, container);
      return;
    }
    case 'kill-container': {
      const container = state.containers.get(action.id);
      if (container === undefined) return;
      await killContainer(context, container);
      await releaseProcesses(
        context,
        state.containers.setState(action.id, { phase: 'exited', exit: action.exit }),
      );
      return;
    }
    case 'record-exit':
      await releaseProcesses(
        context,
        state.containers.setState(action.id, { phase: 'exited', exit: action.exit }),
      );
      return;
    case 'settle-start': {
      const container = state.containers.get(action.id);
      if (container?.state.phase !== 'starting') return;
      const { processes } = container.state;
      state.containers.setState(
        action.id,
        action.started
          ? { phase: 'running', processes, startedAt: nowNs() }
          : { phase: 'created', processes },
      );
      return;
    }
    case 'adopt-container':
      return adopt(context, action.id);
    case 'destroy-sandbox': {
      const sandbox = state.sandboxes.get(action.id);
      if (sandbox !== undefined) await destroySandbox(context, sandbox);
      return;
    }
    case 'stop-sandbox':
      return stopSandbox(context, action.id);
    case 'remove-orphan':
      return removeOrphan(context, action);
  }
}

/** Goes on watching a container, and ends the commands that the dead berthd ran in it. */
async function adopt(context: Context, id: Container['id']): Promise<void> {
  const { state, cgroups } = context;
  const container = state.containers.get(id);
  if (container === undefined || !('processes' in container.state)) return;
  const { processes } = container.state;
  watchConmon(context, id, processes);
  const commands = findLeftovers(new Set([id]), runtimePrograms(context));
  for (const { pid } of commands) {
    if (pid !== processes.conmon.pid) kill(pid, constants.signals.SIGKILL);
  }
  const sandbox = state.sandboxes.get(container.sandboxId)?.state;
  const podInit = sandbox?.phase === 'ready' ? sandbox.init?.init.pid : undefined;
  const parents = [processes.conmon.pid, ...(podInit === undefined ? [] : [podInit])];
  for (const pid of strangers(cgroups.processes(container.cgroup), processes.init.pid, parents))
    killTree(pid);
}

async function removeOrphan(
  { paths }: Context,
  { what, id }: Action & { kind: 'remove-orphan' },
): Promise<void> {
  if (what === 'exit file') return rmSync(join(paths.exits, id), { force: true });
  // What has no id for a name is not ours.
  if (!isId(id)) return;
  switch (what) {
    case 'bundle':
      return removeBundle(paths.container(containerId(id)).bundle);
    case 'layer':
      return rm(paths.container(containerId(id)).layer, { recursive: true, force: true });
    case 'sandbox': {
      const files = paths.sandbox(sandboxId(id));
      removeBundle(files.init);
      for (const pin of [files.netns, files.ipcns, files.utsns]) unpin(pin);
      unmountShm(files);
      return rm(files.dir, { recursive: true, force: true });
    }
  }
}

function describeAction(action: Action): string {
  switch (action.kind) {
    case 'destroy-container':
      return `removing container ${action.id}: ${action.why}`;
    case 'kill-container':
      return `killing container ${action.id}: ${action.exit.message}`;
    case 'record-exit':
      return `container ${action.id} exited with ${action.exit.exitCode} while berthd was down`;
    case 'settle-start':
      return `container ${action.id} ${action.started ? 'was' : 'was not'} started`;
    case 'adopt-container':
      return `container ${action.id} goes on`;
    case 'destroy-sandbox':
      return `removing sandbox ${action.id}: ${action.why}`;
    case 'stop-sandbox':
      return `stopping sandbox ${action.id}: ${action.why}`;
    case 'remove-orphan':
      return `removing ${action.what} ${action.id}, which belongs to nothing`;
  }
}
