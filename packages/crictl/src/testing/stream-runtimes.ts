// The runtimes that streams are tested with, each with a pod on the host's network.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { type ContainerConfig, type DeepPartial, NamespaceMode } from '@berth/cri/generated/api.ts';
import { startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { removeTestCgroup, testCgroup } from '@berth/test-support/cgroup-driver.ts';
import { startContainerd } from '@berth/test-support/containerd.ts';
import { crictl } from '@berth/test-support/crictl.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { containerConfig, sandboxConfig } from '@berth/test-support/pods.ts';
import { type RunningCrictl, runCrictl } from '@berth/test-support/running-crictl.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';

export type RuntimeName = 'berthd' | 'containerd';

interface Node extends AsyncDisposable {
  dir: string;
  socket: string;
  client: CriClient;
  cgroupParent: string;
}

const starts: Readonly<Record<RuntimeName, (extra: string) => Promise<Node>>> = {
  async berthd(extra) {
    const node = await startBerthdNode({ name: 'streams', extra });
    await loadTestImage(node.socket);
    const { dir, socket, client, paths } = node;
    const { cgroupParent } = paths;
    return { dir, socket, client, cgroupParent, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() };
  },
  async containerd() {
    moveHugetlbToV1();
    await using resources = new AsyncDisposableStack();
    const { path: dir } = resources.use(scratchDir('streams-ctd'));
    const cniConfDir = join(dir, 'net.d');
    mkdirSync(cniConfDir);
    const cgroupParent = testCgroup('berth-test-streams-ctd', 'cgroupfs');
    resources.defer(() => removeTestCgroup(cgroupParent));
    const { socket } = resources.use(await startContainerd({ dir, cniConfDir }));
    const client = connectCri(socket, { timeoutMs: 300_000 });
    resources.defer(() => client.close());
    resources.defer(async () => {
      for (const { id } of (await client.runtime.listPodSandbox({})).items)
        await client.runtime.removePodSandbox({ podSandboxId: id });
    });
    const owned = resources.move();
    return { dir, socket, client, cgroupParent, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  },
};

const namespaceOptions = { network: NamespaceMode.NODE, pid: NamespaceMode.CONTAINER };
const linux = { securityContext: { namespaceOptions } };

/** A runtime with a pod; crictl is started as people start it. */
export class StreamRuntime implements AsyncDisposable {
  readonly pod: string;
  readonly node: Node;
  readonly #config: ReturnType<typeof sandboxConfig>;

  private constructor(node: Node, pod: string, config: ReturnType<typeof sandboxConfig>) {
    this.node = node;
    this.pod = pod;
    this.#config = config;
  }

  /** `extra` goes to berthd's config.yaml. */
  static async start(name: RuntimeName, extra = ''): Promise<StreamRuntime> {
    await using resources = new AsyncDisposableStack();
    const node = resources.use(await starts[name](extra));
    const { dir, cgroupParent, client } = node;
    const { hostname: _, ...base } = sandboxConfig({
      name: 'streams',
      logDir: join(dir, 'logs'),
      cgroupParent,
    });
    const config = { ...base, linux: { ...base.linux, ...linux } };
    const { podSandboxId } = await client.runtime.runPodSandbox({ config });
    resources.move();
    return new StreamRuntime(node, podSandboxId, config);
  }

  /** Runs `script` in a container of the pod; gives back its id. */
  async container(name: string, script: string, more: DeepPartial<ContainerConfig> = {}): Promise<string> {
    const { runtime } = this.node.client;
    mkdirSync(join(this.#config.logDirectory, name), { recursive: true });
    const { containerId } = await runtime.createContainer({
      podSandboxId: this.pod,
      config: {
        ...containerConfig(['/bin/sh', '-c', script]),
        metadata: { name, attempt: 0 },
        logPath: `${name}/0.log`,
        linux,
        ...more,
      },
      sandboxConfig: this.#config,
    });
    await runtime.startContainer({ containerId });
    return containerId;
  }

  /** The command line of a crictl that talks with this runtime. */
  argv(...args: string[]): string[] {
    return [crictl, '-r', `unix://${this.node.socket}`, '-t', '120s', ...args];
  }

  start(...args: string[]): RunningCrictl {
    return runCrictl(this.argv(...args));
  }

  /** Runs crictl to its end with this input. */
  async run(args: string[], input = '') {
    using crictl = this.start(...args);
    crictl.write(input);
    crictl.end();
    return await crictl.exit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node[Symbol.asyncDispose]();
  }
}
