// A berthd with pods of several names, and crictl as a person calls it there.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { NamespaceMode } from '@berth/cri/generated/api.ts';
import { type BerthdNode, startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { crictl } from '@berth/test-support/crictl.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { containerConfig, sandboxConfig } from '@berth/test-support/pods.ts';

export interface Output {
  code: number | null;
  out: string;
  err: string;
}

const namespaceOptions = { network: NamespaceMode.NODE, pid: NamespaceMode.POD };

export class CrictlNode implements AsyncDisposable {
  readonly node: BerthdNode;
  readonly #configs = new Map<string, ReturnType<typeof sandboxConfig>>();

  private constructor(node: BerthdNode) {
    this.node = node;
  }

  /** `name` as startBerthdNode takes it. */
  static async start(name: string): Promise<CrictlNode> {
    const node = new CrictlNode(await startBerthdNode({ name }));
    await loadTestImage(node.node.socket);
    return node;
  }

  /** The words that point crictl at this node. */
  get words(): string[] {
    return ['-r', `unix://${this.node.socket}`, '-t', '20s'];
  }

  crictl(...args: string[]): Output {
    const { status, stdout, stderr } = spawnSync(crictl, [...this.words, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { code: status, out: stdout.trimEnd(), err: stderr };
  }

  /** Runs crictl with these words without blocking this process, which may be what it calls. */
  async run(words: readonly string[]): Promise<Output> {
    const child = spawn(crictl, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = once(child, 'exit');
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = await exited;
    return { code, out, err };
  }

  /** A pod on the host's network, named by `namespace/name`; gives back its id. */
  async pod(path: string, attempt = 0, logDir = join(this.node.dir, 'logs')): Promise<string> {
    const [namespace = '', name = ''] = path.split('/');
    const { paths, client } = this.node;
    const base = sandboxConfig({ name, logDir, cgroupParent: paths.cgroupParent });
    const config = {
      ...base,
      metadata: { ...base.metadata, namespace, attempt },
      linux: { ...base.linux, securityContext: { namespaceOptions } },
    };
    const { podSandboxId } = await client.runtime.runPodSandbox({ config });
    this.#configs.set(podSandboxId, config);
    return podSandboxId;
  }

  /** Pulls an image for a pod, as a kubelet does. */
  async pull(podSandboxId: string, image: string): Promise<void> {
    const sandboxConfig = this.#configs.get(podSandboxId);
    await this.node.client.image.pullImage({ image: { image }, sandboxConfig });
  }

  /** A container that runs `script`, its log `NAME/ATTEMPT.log`; gives back its id. */
  async container(podSandboxId: string, name: string, script: string, attempt = 0): Promise<string> {
    const { runtime } = this.node.client;
    const { containerId } = await runtime.createContainer({
      podSandboxId,
      config: {
        ...containerConfig(['/bin/sh', '-c', script]),
        metadata: { name, attempt },
        logPath: `${name}/${attempt}.log`,
        linux: { securityContext: { namespaceOptions } },
      },
      sandboxConfig: this.#configs.get(podSandboxId),
    });
    await runtime.startContainer({ containerId });
    return containerId;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node[Symbol.asyncDispose]();
  }
}
