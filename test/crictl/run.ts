// Runs comparisons: the same words to both crictls, their outcomes side by side.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { engineOfTests } from '@berth/test-support/crictl.ts';
import { type Comparison, filled, nameOf, type Outcome, wordsOf } from './comparison.ts';
import { type Part, parts } from './differences.ts';
import type { Names } from './files.ts';
import type { Side } from './fixture.ts';
import { normalised } from './normalise.ts';

export interface Programs {
  real: string;
  ours: string;
}

export interface Compared {
  name: string;
  words: string;
  /** What differs; empty when nothing does. */
  differing: readonly Part[];
  real: Outcome;
  ours: Outcome;
}

const timeoutMs = 30_000;

/** Runs crictl to its end. */
export function runCrictl(program: string, comparison: Comparison, names: Names): Promise<Outcome> {
  const config = comparison.config === undefined ? '<crictl.yaml>' : comparison.config;
  const env: NodeJS.ProcessEnv = { PATH: '/usr/bin:/bin', HOME: '/root', ...engineOfTests };
  if (config !== false) env['CRI_CONFIG_FILE'] = filled(config, names);
  for (const [key, value] of Object.entries(comparison.env ?? {})) env[key] = filled(value, names);
  return new Promise((resolve, reject) => {
    const child = spawn(program, wordsOf(comparison, names), { env, cwd: '/', timeout: timeoutMs });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(comparison.stdin ?? '');
    child.on('error', reject);
    const { interrupt } = comparison;
    const timer = interrupt && setTimeout(() => child.kill(interrupt.signal), interrupt.afterMs);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('latin1');
      const ended = signal === null ? '' : `\nended by ${signal}`;
      resolve({ code: code ?? 128, out: text(out), err: text(err) + ended, effect: '' });
    });
  });
}

/** The content of the file that the comparison's effect names. */
export function fileEffect({ effect }: Comparison, names: Names): string {
  if (typeof effect !== 'object') return '';
  const path = filled(effect.file, names);
  return existsSync(path) ? readFileSync(path, 'utf8') : 'no such file';
}

/** Pure: the outcomes as far as they can be equal, and what of them is not. */
export function compare(
  comparison: Comparison,
  programs: Programs,
  outcomes: Record<Side, Outcome>,
  twinIds: Record<Side, ReadonlyMap<string, string>>,
): Compared {
  const [real, ours] = (['real', 'ours'] as const).map((side) =>
    normalised(outcomes[side], {
      programDir: dirname(programs[side]),
      twinIds: twinIds[side],
      normalisers: comparison.normalise ?? [],
    }),
  ) as [Outcome, Outcome];
  const differing = parts.filter((part) => real[part] !== ours[part]);
  const words = typeof comparison.args === 'string' ? comparison.args : comparison.args.join(' ');
  return { name: nameOf(comparison), words, differing, real, ours };
}

/** Runs comparisons that change nothing, several at a time; one that differs is tried again, as ages move on. */
export async function compareAll(
  comparisons: readonly Comparison[],
  programs: Programs,
  names: Names,
): Promise<Compared[]> {
  const results: Compared[] = [];
  const queue = [...comparisons.entries()];
  const none = { real: new Map(), ours: new Map() };
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, comparison] = next;
      for (let attempt = 0; attempt < 3; attempt++) {
        const [real, ours] = await Promise.all([
          runCrictl(programs.real, comparison, names),
          runCrictl(programs.ours, comparison, names),
        ]);
        const compared = compare(comparison, programs, { real, ours }, none);
        results[index] = compared;
        if (compared.differing.length === 0) break;
      }
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  return results;
}
