// The real kubectl, as one user of a cluster.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { patience } from '../machine-speed.ts';

const timeoutMs = patience(120_000);
const mostBytes = 64 * 1024 ** 2;

/** Runs kubectl with a kubeconfig; its caches are in a folder of the test. */
export class Kubectl {
  /** The path of kubectl. */
  readonly program: string;
  readonly #kubeconfig: string;
  readonly #cacheDir: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(options: {
    program: string;
    kubeconfig: string;
    cacheDir: string;
    env?: Readonly<Record<string, string>>;
  }) {
    this.program = options.program;
    this.#kubeconfig = options.kubeconfig;
    this.#cacheDir = options.cacheDir;
    this.#env = options.env ?? {};
  }

  /** The same with variables, such as KUBECTL_REMOTE_COMMAND_WEBSOCKETS. */
  with(env: Readonly<Record<string, string>>): Kubectl {
    const { program } = this;
    return new Kubectl({ program, kubeconfig: this.#kubeconfig, cacheDir: this.#cacheDir, env });
  }

  /** What it prints on standard output; rejects with what it prints on the other when it fails. */
  async run(args: readonly string[], input = ''): Promise<string> {
    const running = promisify(execFile)(this.program, this.#words(args), {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: mostBytes,
      env: { ...process.env, ...this.#env },
    });
    // One that reads no input may have ended.
    running.child.stdin?.on('error', () => {}).end(input);
    return (await running).stdout;
  }

  /** Applies objects, as `kubectl apply` does. */
  async apply(...objects: readonly object[]): Promise<void> {
    await this.run(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  }

  /** Starts it with pipes for its input and outputs: `port-forward`, `attach`, `logs -f`. */
  spawn(args: readonly string[]): ChildProcess {
    return spawn(this.program, this.#words(args), {
      stdio: 'pipe',
      env: { ...process.env, ...this.#env },
    });
  }

  /** A command line that does the same. */
  argv(args: readonly string[]): string[] {
    const env = Object.entries(this.#env).map(([name, value]) => `${name}=${value}`);
    return ['/usr/bin/env', ...env, this.program, ...this.#words(args)];
  }

  #words(args: readonly string[]): string[] {
    return [`--kubeconfig=${this.#kubeconfig}`, `--cache-dir=${this.#cacheDir}`, ...args];
  }
}
