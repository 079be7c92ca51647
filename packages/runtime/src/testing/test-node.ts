import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import type { ContainerConfig, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { layOutBerthd } from '@berth/test-support/berthd.ts';
import { removeTestCgroup } from '@berth/test-support/cgroup-driver.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { containerConfig, sandboxConfig } from '@berth/test-support/pods.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import type { Config } from '../config/config.ts';
import { readConfig } from '../config/read.ts';
import { type Daemon, startDaemon } from '../daemon.ts';
import { createLogger } from '../logging/log.ts';

type Partial<Message> = Message extends object ? { [Key in keyof Message]?: Partial<Message[Key]> } : Message;

/** A berthd in this process, with every path, the pod network and the cgroup parent of its own. */
export class TestNode {
  readonly dir: string;
  readonly network: PodNetwork;
  readonly config: Config;
  readonly client: CriClient;
  readonly lines: string[] = [];
  readonly #scratch: Disposable;
  readonly #release: (() => void) | undefined;
  #daemon: Daemon | undefined;

  private constructor(
    scratch: { path: string } & Disposable,
    config: Config,
    network: PodNetwork,
    release?: () => void,
  ) {
    this.dir = scratch.path;
    this.config = config;
    this.client = connectCri(config.listen, { timeoutMs: patience(30_000) });
    this.#scratch = scratch;
    this.network = network;
    this.#release = release;
  }

  /**
   * `prepare` gets berthd's root directory before berthd does, and returns what is to be done when berthd has left it. `extra` is
   * appended to the config.yaml.
   */
  static async start(name: string, prepare?: (root: string) => () => void, extra = ''): Promise<TestNode> {
    moveHugetlbToV1();
    const scratch = scratchDir(name);
    const dir = scratch.path;
    const paths = layOutBerthd(dir, { extra });
    const release = prepare?.(paths.root);
    const network = await PodNetwork.take(name);
    network.writeConflist({ confDir: paths.cniConfDir, dataDir: join(dir, 'leases') });
    const node = new TestNode(scratch, readConfig(paths.config, assert.fail), network, release);
    await node.open();
    await loadTestImage(paths.socket);
    return node;
  }

  /** Starts berthd, again after `close`, maybe with other settings. */
  async open(config = this.config): Promise<void> {
    this.#daemon = await startDaemon(
      config,
      createLogger('debug', (line) => this.lines.push(line)),
    );
  }

  /** Ends berthd as SIGTERM does. */
  async close(): Promise<void> {
    await this.#daemon?.close();
    this.#daemon = undefined;
  }

  sandboxConfig(name: string, change: Partial<PodSandboxConfig> = {}) {
    return { ...sandboxConfig({ name, logDir: join(this.dir, 'logs') }), ...change } as PodSandboxConfig;
  }

  containerConfig(command: string[], change: Partial<ContainerConfig> = {}) {
    return { ...containerConfig(command), ...change } as ContainerConfig;
  }

  /** Removes every pod and berthd itself, then all that the test had made. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon === undefined) await this.open();
    const { items } = await this.client.runtime.listPodSandbox({});
    for (const { id } of items) await this.client.runtime.removePodSandbox({ podSandboxId: id });
    this.client.close();
    await this.close();
    this.network[Symbol.dispose]();
    await removeTestCgroup(this.config.cgroupParent);
    this.#release?.();
    this.#scratch[Symbol.dispose]();
  }
}
