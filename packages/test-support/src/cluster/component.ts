// One program of a control plane: tests stop, kill, pause and restart it.
import { type Daemon, startDaemon } from '../scratch.ts';

/** What a component runs, and when it is ready. */
export interface ComponentOptions {
  name: string;
  argv: readonly string[];
  /** Folder of its log, NAME.log. */
  dir: string;
  ready: () => Promise<boolean>;
}

/** A program that runs until it is told otherwise. */
export class Component {
  readonly name: string;
  readonly #options: ComponentOptions;
  #daemon: Daemon | undefined;

  constructor(options: ComponentOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number {
    return this.#running().pid;
  }

  get logFile(): string {
    return `${this.#options.dir}/${this.name}.log`;
  }

  /** Everything that it has printed since its first start. */
  log(): string {
    return this.#running().output();
  }

  /** Whether it answers as ready. */
  async isReady(): Promise<boolean> {
    return await this.#options.ready().catch(() => false);
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    const { name, argv, dir, ready } = this.#options;
    this.#daemon = await startDaemon({ name, argv: [...argv], dir, ready });
  }

  /** Ends it by SIGTERM, or by SIGKILL when it has not ended after 15 seconds. */
  async stop(): Promise<void> {
    this.resume();
    await this.#running().stop();
  }

  /** Ends it by SIGKILL, and waits for its end. */
  async kill(): Promise<void> {
    await this.#daemon?.stop('SIGKILL');
  }

  /** Kills it, starts it again and waits until it is ready. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Stops its threads (SIGSTOP): its connections stay open, and nobody answers. */
  pause(): void {
    this.#running().child.kill('SIGSTOP');
  }

  /** Lets it go on after `pause`. */
  resume(): void {
    this.#running().child.kill('SIGCONT');
  }

  #running(): Daemon {
    if (this.#daemon === undefined) throw new Error(`${this.name} has not been started`);
    return this.#daemon;
  }
}
