import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { kill, processStat, waitForExit } from '@berth/linux/process.ts';
import type { Context } from '../context.ts';

/** A process that a berthd which died had started, and that still works for an object of ours. */
export interface Leftover {
  readonly pid: number;
  readonly startTime: number;
  /** Id of the container or sandbox it works for. */
  readonly id: string;
  /** `plugin`: a CNI plugin or what one started; `runtime`: conmon or the OCI runtime. */
  readonly kind: 'plugin' | 'runtime';
}

/**
 * What a process works for, told by its command line (conmon and OCI runtimes name their container) or by
 * its environment (CNI plugins). `programs` are the paths of conmon and the OCI runtimes: that a process
 * mentions one of our ids is not enough, since any program may.
 */
export function workOf(
  process: { readonly argv: readonly string[]; readonly environ: readonly string[] },
  ids: ReadonlySet<string>,
  programs: ReadonlySet<string>,
): Pick<Leftover, 'id' | 'kind'> | undefined {
  const [program = '', ...args] = process.argv;
  if (programs.has(program)) {
    const id = args.find((argument) => ids.has(argument));
    if (id !== undefined) return { id, kind: 'runtime' };
  }
  for (const entry of process.environ) {
    if (!entry.startsWith('CNI_CONTAINERID=')) continue;
    const id = entry.slice('CNI_CONTAINERID='.length);
    if (ids.has(id)) return { id, kind: 'plugin' };
  }
  return undefined;
}

/** The paths of conmon and of every OCI runtime. */
export function runtimePrograms({ runtimes, programs }: Context): Set<string> {
  return new Set([
    programs.conmon,
    ...runtimes.all.flatMap((handler) => (handler.usable ? [handler.runtime.path] : [])),
  ]);
}

/** Looks through /proc for what works for one of `ids`. */
export function findLeftovers(ids: ReadonlySet<string>, programs: ReadonlySet<string>): Leftover[] {
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
    // It has just ended.
    return [];
  }
}

/**
 * Waits until no CNI plugin works for any of `ids`, and kills those that take longer than `timeoutMs`. A
 * plugin that is cut short may leave a lease that names nobody, so it gets the time to finish.
 */
export async function outwaitPlugins(ids: ReadonlySet<string>, timeoutMs: number): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs);
  for (;;) {
    const plugins = findLeftovers(ids, new Set());
    if (plugins.length === 0) return;
    for (const plugin of plugins) {
      if (deadline.aborted) kill(plugin.pid, constants.signals.SIGKILL);
      await waitForExit(plugin, deadline.aborted ? undefined : deadline).catch(() => {});
    }
  }
}

/** Kills conmon and OCI runtimes that work for any of `ids`, and what they start meanwhile. */
export async function killRuntimes(ids: ReadonlySet<string>, programs: ReadonlySet<string>): Promise<void> {
  for (;;) {
    const runtimes = findLeftovers(ids, programs).filter(({ kind }) => kind === 'runtime');
    if (runtimes.length === 0) return;
    for (const { pid } of runtimes) kill(pid, constants.signals.SIGKILL);
    await Promise.all(runtimes.map((leftover) => waitForExit(leftover)));
  }
}
