import assert from 'node:assert/strict';
import type { CriError } from '@berth/cri/errors/cri-error.ts';
import { type ContainerStatus, NamespaceMode } from '@berth/cri/generated/api.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { until as untilFound } from '@berth/test-support/until.ts';
import type { TestNode } from './test-node.ts';

/** Everything is the pod's or the container's own, which is the kubelet's default. */
export const isolated = { network: NamespaceMode.POD, pid: NamespaceMode.CONTAINER, ipc: NamespaceMode.POD };

/** The calls by which a test brings pods and containers of a node to life. */
export class PodCalls {
  readonly #node: TestNode;

  constructor(node: TestNode) {
    this.#node = node;
  }

  get #call() {
    return this.#node.client.runtime;
  }

  /** `change` replaces fields of the config; `handler` is the runtime handler. */
  async runPod(name: string, change: object = {}, handler = ''): Promise<string> {
    const config = this.#node.sandboxConfig(name, change);
    const { podSandboxId } = await this.#call.runPodSandbox({ config, runtimeHandler: handler });
    return podSandboxId;
  }

  async makeContainer(podSandboxId: string, command: string[], change: object = {}): Promise<string> {
    const { containerId } = await this.#call.createContainer({
      podSandboxId,
      config: this.#node.containerConfig(command, change),
      sandboxConfig: this.#node.sandboxConfig('unused'),
    });
    return containerId;
  }

  async startContainer(podSandboxId: string, command: string[], change: object = {}): Promise<string> {
    const containerId = await this.makeContainer(podSandboxId, command, change);
    await this.#call.startContainer({ containerId });
    return containerId;
  }

  async removePod(podSandboxId: string): Promise<void> {
    await this.#call.removePodSandbox({ podSandboxId });
  }

  async statusOf(containerId: string): Promise<ContainerStatus> {
    const { status } = await this.#call.containerStatus({ containerId });
    assert.ok(status !== undefined);
    return status;
  }

  /** The pid of a container's first process. */
  async pidOf(containerId: string): Promise<number> {
    const { info } = await this.#call.containerStatus({ containerId, verbose: true });
    const { pid } = JSON.parse(info.info ?? '') as { pid: number };
    assert.ok(pid > 0);
    return pid;
  }

  /** Runs a script in a container by ExecSync; it has to succeed. Returns what it prints, trimmed. */
  async shell(containerId: string, script: string): Promise<string> {
    const cmd = ['/bin/sh', '-c', script];
    const { stdout, stderr, exitCode } = await this.#call.execSync({
      containerId,
      cmd,
      timeout: BigInt(patience(10)),
    });
    assert.equal(exitCode, 0, Buffer.from(stderr).toString());
    return Buffer.from(stdout).toString().trim();
  }
}

/** Resolves when `condition` holds; fails when it does not for long. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await untilFound('the condition holds', condition, () => condition.toString());
}

/** For assert.rejects: an RPC's error with this gRPC code and a message like this. */
export function failsWith(code: string, message: RegExp) {
  return (error: CriError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}
