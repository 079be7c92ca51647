// Finds processes that a killed berthd started (conmon, OCI runtimes, CNI plugins), and ends them or waits for them.

import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { processStat, signalProcess, waitForExit } from '@berth/linux/processes/process.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';

/** A process that a killed berthd started and that still works for one of berthd's objects. */
export interface Leftover {
  readonly pid: number;
  readonly startTime: number;
  /** Id of the container or sandbox it works for. */
  readonly id: string;
  /**
   * `plugin`: a CNI plugin or its child; `runtime`: an OCI runtime; `checkpoint`: an OCI runtime that makes a
   * checkpoint.
   */
  readonly kind: 'plugin' | 'conmon' | 'runtime' | 'checkpoint';
}

/**
 * The object that a process works for, by its command line (conmon and OCI runtimes name their container) or its
 * environment (CNI plugins). A command line that merely contains an id does not count, since any program may mention
 * one.
 */
export function workOf(
  process: { readonly argv: readonly string[]; readonly environ: readonly string[] },
  ids: ReadonlySet<string>,
  programs: RuntimePrograms,
): Pick<Leftover, 'id' | 'kind'> | undefined {
  const [program = '', ...args] = process.argv;
  const kind =
    program === programs.conmon ? 'conmon' : programs.runtimes.has(program) ? runtimeWork(args) : undefined;
  if (kind !== undefined) {
    const id = args.find((argument) => ids.has(argument));
    if (id !== undefined) return { id, kind };
  }
  for (const entry of process.environ) {
    if (!entry.startsWith('CNI_CONTAINERID=')) continue;
    const id = entry.slice('CNI_CONTAINERID='.length);
    if (ids.has(id)) return { id, kind: 'plugin' };
  }
  return undefined;
}

function runtimeWork(args: readonly string[]): 'runtime' | 'checkpoint' {
  return args.includes('checkpoint') ? 'checkpoint' : 'runtime';
}

/** Paths of conmon and the OCI runtimes. */
export interface RuntimePrograms {
  readonly conmon: string;
  readonly runtimes: ReadonlySet<string>;
}

/** The programs that this berthd uses, which its predecessor most likely used too. */
export function runtimePrograms({
  runtimes,
  conmon,
}: {
  readonly runtimes: OciRuntimes;
  readonly conmon: string;
}): RuntimePrograms {
  const paths = runtimes.all.flatMap((handler) => (handler.usable ? [handler.runtime.path] : []));
  return { conmon, runtimes: new Set(paths) };
}

/** Finds processes in /proc that work for one of `ids`. */
export function findLeftovers(ids: ReadonlySet<string>, programs: RuntimePrograms): Leftover[] {
  if (ids.size === 0) return [];
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    const argv = readList(pid, 'cmdline');
    const work =
      argv.length === 0 ? undefined : workOf({ argv, environ: readList(pid, 'environ') }, ids, programs);
    const stat = work === undefined ? undefined : processStat(pid);
    if (work === undefined || stat === undefined || stat.state === 'Z') return [];
    return [{ pid, startTime: stat.startTime, ...work }];
  });
}

function readList(pid: number, file: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').slice(0, -1);
  } catch {
    // The process has just ended.
    return [];
  }
}

const noPrograms: RuntimePrograms = { conmon: '', runtimes: new Set() };
/** Poll interval for programs that end within milliseconds. */
const pauseMs = 5;

/**
 * Waits until no CNI plugin works for any of `ids`, and kills those that exceed `timeoutMs`. A killed plugin may
 * leave an address lease behind for a removed sandbox, so it gets time to finish.
 */
export async function waitForPlugins(ids: ReadonlySet<string>, timeoutMs: number): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs);
  for (;;) {
    const plugins = findLeftovers(ids, noPrograms);
    if (plugins.length === 0) return;
    for (const plugin of plugins) {
      if (deadline.aborted) signalProcess(plugin, constants.signals.SIGKILL);
      await waitForExit(plugin, deadline.aborted ? undefined : deadline).catch(() => {});
    }
  }
}

/**
 * Ends conmon and OCI runtimes that work for any of `ids`. An OCI runtime gets `timeoutMs` to finish: it briefly has
 * a mount of itself in /tmp, which only it can remove. Then conmon and the container's init remain; they do not end
 * by themselves and are killed. `initOf` is the pid of that init, undefined while conmon is still creating the
 * container.
 */
export async function endRuntimes(
  ids: ReadonlySet<string>,
  {
    programs,
    timeoutMs,
    initOf,
  }: { programs: RuntimePrograms; timeoutMs: number; initOf: (id: string) => number | undefined },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const working = findLeftovers(ids, programs).filter(({ kind }) => kind !== 'plugin');
    if (working.length === 0) return;
    const isBusy = working.some(({ id, kind, pid }) =>
      kind === 'conmon' ? initOf(id) === undefined : pid !== initOf(id),
    );
    if (isBusy && performance.now() < deadline) {
      await delay(pauseMs);
      continue;
    }
    for (const leftover of working) signalProcess(leftover, constants.signals.SIGKILL);
    await Promise.all(working.map((leftover) => waitForExit(leftover)));
  }
}
