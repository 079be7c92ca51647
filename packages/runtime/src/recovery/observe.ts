import { readdirSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import { pinState } from '@berth/linux/namespaces/namespaces.ts';
import { isSameProcess } from '@berth/linux/processes/process.ts';
import { isExitFileName, readExit, wasOomKilled } from '../exits/exit-files.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { hasEtcFiles } from '../sandbox/files.ts';
import { expectedPins } from '../sandbox/network.ts';
import type { Paths } from '../state/paths.ts';
import type { State } from '../state/state.ts';
import { runtimeOf } from '../teardown/container.ts';
import { nowNs } from '../time/clock.ts';
import type { MachineState, Rows } from './reconcile.ts';
import { type StartOutcome, startOutcome } from './start-outcome.ts';

/** What observeMachine uses. */
export interface ObserveServices {
  readonly paths: Paths;
  readonly state: State;
  readonly runtimes: OciRuntimes;
  readonly cgroupDriver: CgroupDriver;
}

/** Reads the machine's state that reconciliation compares with the rows. */
export async function observeMachine(services: ObserveServices, rows: Rows): Promise<MachineState> {
  const { paths, state } = services;
  const exits = readExits(paths);
  const oomKilled = rows.containers.filter(
    ({ id, cgroup }) =>
      wasOomKilled(paths.container(id).bundle.dir) || services.cgroupDriver.wasOomKilled(cgroup),
  );
  const starting = rows.containers.flatMap(({ id, sandboxId: owner, state: at }) =>
    at.phase === 'starting' ? [{ id, owner, init: at.processes.init }] : [],
  );
  const starts = await Promise.all(
    starting.map(async ({ id, owner, init }): Promise<[string, StartOutcome]> => {
      const runtime = runtimeOf(services, state.sandboxes.get(owner));
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
        .filter((sandbox) => expectedPins(services, sandbox).every((path) => pinState(path) === 'pinned'))
        .map(({ id }) => id),
    ),
    filed: new Set(rows.sandboxes.filter(({ id }) => hasEtcFiles(paths.sandbox(id))).map(({ id }) => id)),
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

/** The names in a directory; empty when it does not exist. */
export function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
