// A machine for commands of Berth at their standard paths: a mount namespace in which these paths are a test's own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, scratchDir } from '@berth/test-support/scratch.ts';

/** What a command printed, on both outputs, and its exit code. */
export interface Said {
  text: string;
  code: number | null;
}

/** How to run a command. */
export interface RunOptions {
  /** Text of /etc/berth/config.yaml; no file by default. */
  config?: string | undefined;
  /** As the user 65534. */
  asNobody?: boolean | undefined;
  /** On a terminal. */
  onTerminal?: boolean | undefined;
  /** Shell commands before it, whose mounts only this command sees. */
  before?: string | undefined;
  /** Where standard output goes. */
  stdout?: string | undefined;
  /** Ends a command that goes on, by SIGTERM, once it has printed this (or after a minute). */
  untilSaid?: string | undefined;
}

/** What Berth writes to by default. */
const standardPaths = [
  '/etc/berth',
  '/etc/cni/net.d',
  '/etc/kubernetes',
  '/run/berth',
  '/var/lib/berth',
  '/var/lib/cni',
  '/var/lib/kubelet',
  '/var/log/berth',
  '/var/log/pods',
  '/var/log/containers',
] as const;

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** A mount namespace, until it is closed. */
export class Room implements AsyncDisposable {
  readonly dir: string;
  readonly #scratch: Disposable;
  readonly #holder: ChildProcess;

  private constructor(scratch: { path: string } & Disposable, holder: ChildProcess) {
    this.dir = scratch.path;
    this.#scratch = scratch;
    this.#holder = holder;
  }

  /** Makes the namespace; nothing of Berth runs in it. */
  static async open(name: string): Promise<Room> {
    const scratch = scratchDir(name);
    const binds = standardPaths.map((path, index) => {
      const source = join(scratch.path, `${index}`);
      mkdirSync(source, { mode: 0o755 });
      return `mkdir -p ${path} && mount --bind ${source} ${path}`;
    });
    const script = `${binds.join(' && ')} && echo ready && exec sleep infinity`;
    const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (holder.stdout === null) throw new Error('no output');
    await once(holder.stdout, 'data');
    return new Room(scratch, holder);
  }

  /** Writes a file of the user's and returns its path. */
  file(name: string, content: string | Buffer): string {
    const path = join(this.dir, name);
    writeFileSync(path, content);
    return path;
  }

  /** The folder that is one of the standard paths in the namespace. */
  placeOf(path: (typeof standardPaths)[number]): string {
    return join(this.dir, `${standardPaths.indexOf(path)}`);
  }

  /** Runs a command of bin/ in the namespace. */
  run([program = '', ...args]: readonly string[], options: RunOptions = {}): Said {
    const { config, asNobody, onTerminal, before = '', stdout, untilSaid } = options;
    const settings = join(this.placeOf('/etc/berth'), 'config.yaml');
    if (config === undefined) rmSync(settings, { force: true });
    else writeFileSync(settings, config);
    const words = [join(checkout, 'bin', program), ...args].map(quote).join(' ');
    const user = asNobody ? 'setpriv --reuid 65534 --regid 65534 --clear-groups ' : '';
    const command = `${user}${words}`;
    const shown = onTerminal ? `script -qec ${quote(command)} /dev/null` : command;
    const output = join(this.dir, 'output');
    // The shell has no way to wait for a text.
    const awaited = `n=0; until grep -q ${quote(untilSaid ?? '')} ${output} || [ $n -ge 600 ]; do sleep 0.1; n=$((n+1)); done`;
    const whole =
      untilSaid === undefined
        ? `${shown}${stdout === undefined ? '' : ` >${stdout}`}`
        : `: >${output}; ${shown} >${output} 2>&1 & pid=$!; ${awaited}; kill $pid; wait $pid; code=$?; cat ${output}; exit $code`;
    const script = `${before}
${whole}`;
    const enter = ['-t', `${this.#holder.pid}`, '--mount', 'unshare', '--mount', '--propagation', 'private'];
    const run = spawnSync(
      'nsenter',
      before === '' ? [...enter.slice(0, 3), 'sh', '-c', script] : [...enter, 'sh', '-c', script],
      {
        encoding: 'utf8',
        timeout: 120_000,
        cwd: '/',
        env: { ...process.env, TERM: 'xterm' },
      },
    );
    return { text: (run.stdout + run.stderr).replaceAll('\r\n', '\n'), code: run.status };
  }

  /** Ends what runs in it, and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.run(['berth', 'down', '--timeout', '5']);
    this.#holder.kill('SIGKILL');
    await once(this.#holder, 'exit');
    this.#scratch[Symbol.dispose]();
  }
}
