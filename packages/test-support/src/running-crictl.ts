// A crictl as a process that tests talk with: the real one or ours.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface CrictlOutcome {
  code: number;
  out: string;
  err: string;
}

/** A crictl that runs on. */
export interface RunningCrictl extends Disposable {
  /** What it has printed so far. */
  out(): string;
  err(): string;
  write(text: string): void;
  /** Closes its standard input. */
  end(): void;
  /** Resolves when it has printed a match on its standard output or standard error. */
  printed(pattern: RegExp): Promise<void>;
  interrupt(): void;
  /** Ends it without a chance to say goodbye. */
  kill(): void;
  exit(): Promise<CrictlOutcome>;
}

/** Words as a shell reads them back. */
function quoted(words: string[]): string {
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
}

const timeoutMs = 300_000;

/** Starts a crictl, given as its whole command line; with `onTerminal` on a pseudo-terminal of that size. */
export function runCrictl(
  argv: string[],
  { onTerminal }: { onTerminal?: { rows: number; columns: number } } = {},
): RunningCrictl {
  if (onTerminal === undefined) return running(argv);
  const { rows, columns } = onTerminal;
  const command = `stty rows ${rows} cols ${columns}; exec ${quoted(argv)}`;
  return running(['script', '-qefc', command, '/dev/null']);
}

function running([program = '', ...args]: string[]): RunningCrictl {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs });
  const texts = { out: '', err: '' };
  const waiting = new Set<() => void>();
  for (const [name, stream] of [['out', child.stdout] as const, ['err', child.stderr] as const]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      for (const look of waiting) look();
    });
  }
  // A write to one that has ended says so by its exit code.
  child.stdin.on('error', () => {});
  const closed = once(child, 'close').then(() => {
    for (const look of waiting) look();
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const printed = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        const isThere = pattern.test(texts.out) || pattern.test(texts.err);
        if (!isThere && !hasEnded()) return;
        waiting.delete(look);
        if (isThere) resolve();
        else reject(new Error(`crictl ended without printing ${pattern}: ${texts.out}${texts.err}`));
      };
      waiting.add(look);
      look();
    });
  return {
    out: () => texts.out,
    err: () => texts.err,
    write: (text) => {
      child.stdin.write(text);
    },
    end: () => {
      child.stdin.end();
    },
    printed,
    interrupt: () => {
      child.kill('SIGINT');
    },
    kill: () => {
      child.kill('SIGKILL');
    },
    exit: async () => {
      await closed;
      return { code: child.exitCode ?? 128, ...texts };
    },
    [Symbol.dispose]: () => {
      child.kill('SIGKILL');
    },
  };
}
