// Berth's crictl and the real one as whole processes, taking turns on the same live runtime.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { checkout } from '@berth/test-support/scratch.ts';
import { median } from './measure.ts';

/** What is run, with the names of its figures. */
const commands = [
  { words: ['ps'], name: 'crictl ps' },
  { words: ['version'], name: 'crictl version' },
] as const;

/**
 * For each program, in the order given: medians of milliseconds from start to end, and of the peak memory in MiB.
 * Each repetition runs every program once; one that fails throws.
 */
export function benchCrictl(
  programs: readonly string[],
  options: { socket: string; repetitions: number },
): Map<string, number>[] {
  const { socket, repetitions } = options;
  const results = programs.map(() => new Map<string, number>());
  for (const { words, name } of commands) {
    const args = ['--runtime-endpoint', `unix://${socket}`, ...words];
    const samples = programs.map((): ProcessCost[] => []);
    // The first two rounds fill the page cache.
    for (let round = -2; round < repetitions; round++) {
      for (const [index, program] of programs.entries()) {
        const cost = processCost(program, args);
        if (round >= 0) samples[index]?.push(cost);
      }
    }
    for (const [index, result] of results.entries()) {
      const costs = samples[index] ?? [];
      result.set(name, median(costs.map(({ ms }) => ms)));
      result.set(`${name}, peak memory`, median(costs.map(({ peakMiB }) => peakMiB)));
    }
  }
  return results;
}

interface ProcessCost {
  ms: number;
  peakMiB: number;
}

/** Runs a program to its end. A small one in between starts it: peak memory begins with that of the parent. */
function processCost(program: string, args: readonly string[]): ProcessCost {
  const measurer = join(checkout, 'bench/process-cost.pl');
  const { status, stdout, stderr } = spawnSync('perl', [measurer, program, ...args], { encoding: 'utf8' });
  const [, seconds, kib] = /^cost (\S+) (\d+)$/m.exec(stdout) ?? [];
  if (status !== 0 || seconds === undefined || kib === undefined) {
    throw new Error(`${program} ${args.join(' ')} failed: ${stderr}`);
  }
  return { ms: Number(seconds) * 1000, peakMiB: Number(kib) / 1024 };
}
