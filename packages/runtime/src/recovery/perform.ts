// Executes the actions that reconcile.ts decides.

import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { unpin } from '@berth/linux/namespaces/namespaces.ts';
import { signalProcess } from '@berth/linux/processes/process.ts';
import { labelsOf } from '../container/selinux.ts';
import { killLeftoverExecs } from '../exec/leftover-execs.ts';
import { type RecordExitServices, watchConmon } from '../exits/record-exits.ts';
import { killDescendants } from '../host/process-tree.ts';
import { detachSandbox } from '../network/detach.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import { mountEtcFiles, unmountSandboxFiles } from '../sandbox/files.ts';
import { type StopSandboxServices, stopSandbox } from '../sandbox/stop.ts';
import { destroySandbox } from '../sandbox/teardown.ts';
import { type Container, processesOf } from '../state/container.ts';
import { containerId, isId, sandboxId } from '../state/ids.ts';
import type { Paths } from '../state/paths.ts';
import type { ContainerProcesses } from '../state/process-ref.ts';
import { sandboxHostname, sandboxNamespaces } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { destroyContainer, releaseProcesses, removeBundle } from '../teardown/container.ts';
import { killContainer } from '../teardown/kill.ts';
import { nowNs } from '../time/clock.ts';
import { findLeftovers, runtimePrograms } from './leftovers.ts';
import type { Action } from './reconcile.ts';

/** What the actions of recovery use. */
export interface RecoveryActionServices extends RecordExitServices, StopSandboxServices {
  readonly paths: Paths;
  readonly state: State;
}

/** Timeout for an OCI runtime to notice that its command was killed. */
const commandTimeoutMs = 2_000;
const pauseMs = 5;

/** Executes one action of reconciliation. */
export async function perform(services: RecoveryActionServices, action: Action): Promise<void> {
  const { state } = services;
  switch (action.kind) {
    case 'destroy-container': {
      const container = state.containers.get(action.id);
      if (container !== undefined) await destroyContainer(services, container);
      return;
    }
    case 'kill-container': {
      const container = state.containers.get(action.id);
      if (container === undefined) return;
      await killContainer(services, container);
      await releaseProcesses(
        services,
        state.containers.setState(action.id, { phase: 'exited', exit: action.exit }),
      );
      return;
    }
    case 'record-exit':
      await releaseProcesses(
        services,
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
      return adopt(services, action.id);
    case 'destroy-sandbox': {
      const sandbox = state.sandboxes.get(action.id);
      if (sandbox !== undefined) await destroySandbox(services, sandbox);
      return;
    }
    case 'make-etc-files': {
      const sandbox = state.sandboxes.get(action.id);
      if (sandbox === undefined) return;
      mountEtcFiles(services.paths.sandbox(sandbox.id), sandbox.config, {
        hostname: sandboxHostname(sandbox),
        namespaces: sandboxNamespaces(sandbox.config),
        label: labelsOf(services, sandbox)?.mount,
      });
      return;
    }
    case 'stop-sandbox':
      return stopSandbox(services, action.id);
    case 'remove-orphan':
      return removeOrphan(services, action);
  }
}

/** Watches an adopted container, and ends the commands that the killed berthd ran in it. */
async function adopt(services: RecoveryActionServices, id: Container['id']): Promise<void> {
  const container = services.state.containers.get(id);
  const processes = container && processesOf(container);
  if (processes === undefined) return;
  watchConmon(services, id, processes);
  await endExecs(services, id, processes);
}

/** Kills the commands of ExecSync, and waits for their OCI runtimes, which reap them. */
async function endExecs(
  services: RecoveryActionServices,
  id: Container['id'],
  { init }: ContainerProcesses,
): Promise<void> {
  const deadline = performance.now() + commandTimeoutMs;
  const programs = runtimePrograms(services);
  for (;;) {
    // Before the start, the container's own init is a process of the runtime as well.
    const runtimes = findLeftovers(new Set([id]), programs).filter(
      ({ kind, pid }) => kind === 'runtime' && pid !== init.pid,
    );
    if (runtimes.length === 0) break;
    for (const runtime of runtimes) {
      killDescendants(runtime.pid);
      if (performance.now() > deadline) signalProcess(runtime, constants.signals.SIGKILL);
    }
    await delay(pauseMs);
  }
  // Also kill commands whose runtime was killed and which have no parent any more.
  killLeftoverExecs(services.paths.container(id).bundle.exec, id);
}

async function removeOrphan(
  { paths, network }: { readonly paths: Paths; readonly network: PodNetwork },
  { what, id }: Action & { kind: 'remove-orphan' },
): Promise<void> {
  if (what === 'exit file') return rmSync(join(paths.exits, id), { force: true });
  // berthd names its directories by id; another program made any other.
  if (!isId(id)) return;
  switch (what) {
    case 'bundle':
      return removeBundle(paths.container(containerId(id)).bundle);
    case 'layer':
      return removeTree(paths.container(containerId(id)).layer);
    case 'sandbox': {
      const files = paths.sandbox(sandboxId(id));
      await removeBundle(files.init);
      // Detach by the CNI record, which may be unreadable and then contains only the sandbox's id. The directory
      // proves that the sandbox is berthd's own.
      await detachSandbox(network, {
        sandboxId: id,
        netnsPath: files.netns,
        releaseNamespace: () => unpin(files.netns),
      });
      for (const pin of [files.userns, files.ipcns, files.utsns]) unpin(pin);
      unmountSandboxFiles(files);
      return removeTree(files.dir);
    }
  }
}

/** Describes an action, for the log. */
export function describeAction(action: Action): string {
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
    case 'make-etc-files':
      return `making the /etc files of sandbox ${action.id}, which an older berthd had elsewhere`;
    case 'stop-sandbox':
      return `stopping sandbox ${action.id}: ${action.why}`;
    case 'remove-orphan':
      return `removing ${action.what} ${action.id}, which no container or sandbox owns`;
  }
}
