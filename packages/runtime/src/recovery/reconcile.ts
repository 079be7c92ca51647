// Decides after a start which containers and sandboxes are adopted, finished or removed. Pure.

import { exitReason } from '../exits/exit-reason.ts';
import type { Container, ContainerExit } from '../state/container.ts';
import type { ContainerId, SandboxId } from '../state/ids.ts';
import type { ProcessRef } from '../state/process-ref.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { StartOutcome } from './start-outcome.ts';

/** The rows of the database when berthd starts. */
export interface Rows {
  readonly sandboxes: readonly Sandbox[];
  readonly containers: readonly Container[];
}

/** The state of the machine, read once when berthd starts. */
export interface MachineState {
  /** The machine was rebooted since the rows were written: no process and no mount is left. */
  readonly rebooted: boolean;
  /** Whether a process that a row names still runs. */
  readonly isAlive: (process: ProcessRef) => boolean;
  /** The exits in conmon's exit files, by container id, or by sandbox id for the init of a sandbox. */
  readonly exits: ReadonlyMap<string, { readonly exitCode: number; readonly finishedAt: bigint }>;
  /** Ids of containers in which the OOM killer ended a process. */
  readonly oomKilled: ReadonlySet<string>;
  /** The outcome of starts that were interrupted, by container id. */
  readonly starts: ReadonlyMap<string, StartOutcome>;
  /** Ids of sandboxes whose namespaces are all pinned. */
  readonly pinned: ReadonlySet<string>;
  /** Ids of sandboxes whose /etc files are where this version expects them. */
  readonly filed: ReadonlySet<string>;
  /** Names of the directories of sandboxes, bundles and layers, and of the exit files. */
  readonly sandboxDirs: readonly string[];
  readonly bundleDirs: readonly string[];
  readonly layerDirs: readonly string[];
  /** The time to record for unobserved events, nanoseconds since 1970. */
  readonly now: bigint;
}

/** One step of reconciliation. Steps are executed in the order in which they are listed. */
export type Action =
  /** Remove a container's resources and then its row: its creation or removal was interrupted. */
  | { readonly kind: 'destroy-container'; readonly id: ContainerId; readonly why: string }
  /** Record how a container ended. */
  | { readonly kind: 'record-exit'; readonly id: ContainerId; readonly exit: ContainerExit }
  /** Kill a container without a conmon, then record its exit. */
  | { readonly kind: 'kill-container'; readonly id: ContainerId; readonly exit: ContainerExit }
  /** Record whether an interrupted start happened. */
  | { readonly kind: 'settle-start'; readonly id: ContainerId; readonly started: boolean }
  /** Keep a container running; end only the commands that the killed berthd ran in it. */
  | { readonly kind: 'adopt-container'; readonly id: ContainerId }
  | { readonly kind: 'destroy-sandbox'; readonly id: SandboxId; readonly why: string }
  /** Create the /etc files that the sandbox's next containers mount; running containers keep the old ones. */
  | { readonly kind: 'make-etc-files'; readonly id: SandboxId }
  | { readonly kind: 'stop-sandbox'; readonly id: SandboxId; readonly why: string }
  /** Remove a directory or file whose id no row has. */
  | {
      readonly kind: 'remove-orphan';
      readonly what: 'bundle' | 'layer' | 'sandbox' | 'exit file';
      readonly id: string;
    };

/** Exit code of a container whose own exit code was lost, as in containerd. */
const lostExitCode = 255;

/**
 * Compares the rows with the machine after a start of berthd and returns the actions to take. It handles the death of
 * the previous berthd at any instruction. Pure. Running containers keep running.
 */
export function reconcileActions(rows: Rows, machine: MachineState): Action[] {
  return [
    ...rows.containers.flatMap((container) => containerActions(container, machine)),
    ...rows.sandboxes.flatMap((sandbox) => sandboxActions(sandbox, machine)),
    ...orphanActions(rows, machine),
  ];
}

function containerActions(container: Container, machine: MachineState): Action[] {
  const { id, state } = container;
  switch (state.phase) {
    case 'creating':
      return [{ kind: 'destroy-container', id, why: 'it was half made' }];
    case 'removing':
      return [{ kind: 'destroy-container', id, why: 'its removal was begun' }];
    case 'restoring':
      return [
        {
          kind: 'kill-container',
          id,
          exit: startError(machine.now, 'berthd died while restoring it: the container was killed'),
        },
      ];
    case 'restorable':
      // The container's root was mounted.
      return machine.rebooted
        ? [{ kind: 'record-exit', id, exit: startError(machine.now, 'the machine was restarted') }]
        : [];
    case 'exited':
      return [];
  }
  const { init, conmon } = state.processes;
  const startedAt =
    state.phase === 'running'
      ? state.startedAt
      : machine.starts.get(id) === 'started'
        ? container.createdAt
        : 0n;
  const ended = (exitCode: number, message: string, finishedAt = machine.now): ContainerExit => ({
    startedAt,
    finishedAt,
    exitCode,
    reason: exitReason(exitCode, machine.oomKilled.has(id)),
    message,
  });
  const exit = machine.exits.get(id);
  if (exit !== undefined)
    return [{ kind: 'record-exit', id, exit: ended(exit.exitCode, '', exit.finishedAt) }];
  if (machine.rebooted) {
    const lost = { ...ended(lostExitCode, 'the machine was restarted'), reason: 'Unknown' };
    return [{ kind: 'record-exit', id, exit: lost }];
  }
  if (!machine.isAlive(conmon)) {
    return machine.isAlive(init)
      ? [
          {
            kind: 'kill-container',
            id,
            exit: ended(137, `conmon (pid ${conmon.pid}) is gone: the container was killed`),
          },
        ]
      : [
          {
            kind: 'record-exit',
            id,
            exit: ended(lostExitCode, `conmon (pid ${conmon.pid}) ended without an exit code`),
          },
        ];
  }
  const adopt: Action = { kind: 'adopt-container', id };
  if (state.phase !== 'starting') return [adopt];
  const start = machine.starts.get(id) ?? 'stuck';
  if (start === 'stuck') {
    return [
      {
        kind: 'kill-container',
        id,
        exit: ended(137, 'berthd died while starting it: the container was killed'),
      },
    ];
  }
  return [{ kind: 'settle-start', id, started: start === 'started' }, adopt];
}

function startError(finishedAt: bigint, message: string): ContainerExit {
  return { startedAt: 0n, finishedAt, exitCode: 128, reason: 'StartError', message };
}

function sandboxActions(sandbox: Sandbox, machine: MachineState): Action[] {
  const { id, state } = sandbox;
  switch (state.phase) {
    case 'creating':
      return [{ kind: 'destroy-sandbox', id, why: 'it was half made' }];
    case 'removing':
      return [{ kind: 'destroy-sandbox', id, why: 'its removal was begun' }];
    case 'stopping':
      return [{ kind: 'stop-sandbox', id, why: 'its stop was begun' }];
    case 'stopped':
      return [];
    case 'ready': {
      const why = machine.rebooted
        ? 'the machine was restarted'
        : !machine.pinned.has(id)
          ? 'its namespaces are gone'
          : state.init !== undefined && (machine.exits.has(id) || !machine.isAlive(state.init.init))
            ? 'its init has ended'
            : undefined;
      if (why !== undefined) return [{ kind: 'stop-sandbox', id, why }];
      return machine.filed.has(id) ? [] : [{ kind: 'make-etc-files', id }];
    }
  }
}

function orphanActions(rows: Rows, machine: MachineState): Action[] {
  const containers = new Set<string>(rows.containers.map(({ id }) => id));
  const sandboxes = new Set<string>(rows.sandboxes.map(({ id }) => id));
  const orphans = (
    what: 'bundle' | 'layer' | 'sandbox' | 'exit file',
    ids: Iterable<string>,
    known: Set<string>,
  ) => [...ids].filter((id) => !known.has(id)).map((id): Action => ({ kind: 'remove-orphan', what, id }));
  return [
    ...orphans('bundle', machine.bundleDirs, containers),
    ...orphans('layer', machine.layerDirs, containers),
    ...orphans('sandbox', machine.sandboxDirs, sandboxes),
    ...orphans('exit file', machine.exits.keys(), containers.union(sandboxes)),
  ];
}
