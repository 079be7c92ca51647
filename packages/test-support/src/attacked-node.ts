// A berthd with a healthy pod, for tests that put a container beside it that means harm: the pod must not notice,
// berthd must stay small, and nothing may be left.
import assert from 'node:assert/strict';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerConfig, DeepPartial, ExecSyncResponse } from '@berth/cri/generated/api.ts';
import { type BerthdNode, startBerthdNode } from './berthd-node.ts';
import { loadTestImage } from './images.ts';
import { containerConfig, podUp, sandboxConfig } from './pods.ts';

/** A container of the attacker's, in a pod of its own. */
export interface Attacker {
  podSandboxId: string;
  containerId: string;
  logFile: string;
  /** Runs a shell script in it by ExecSync. */
  run(script: string, timeoutSeconds?: number): Promise<ExecSyncResponse>;
}

export class AttackedNode implements AsyncDisposable {
  readonly node: BerthdNode;
  readonly #healthy: string;
  #attackers = 0;

  private constructor(node: BerthdNode, healthy: string) {
    this.node = node;
    this.#healthy = healthy;
  }

  /** `name` has at most 10 letters. */
  static async start(name: string, extra = ''): Promise<AttackedNode> {
    await using resources = new AsyncDisposableStack();
    const node = resources.use(await startBerthdNode({ name, extra }));
    await loadTestImage(node.socket);
    const fixture = { client: node.client, name: 'healthy', logDir: join(node.dir, 'logs') };
    const ticking = 'i=0; while true; do echo tick $i; i=$((i+1)); usleep 20000; done';
    const { containerId } = await podUp({ ...fixture, cgroupParent: node.paths.cgroupParent }, [
      '/bin/sh',
      '-c',
      ticking,
    ]);
    resources.move();
    return new AttackedNode(node, containerId);
  }

  /** Makes and starts an attacker, or leaves nothing of it; `change` replaces fields of its config. */
  async attacker(
    script: string,
    change: DeepPartial<ContainerConfig> = {},
    { handler = '', cgroupParent = this.node.paths.cgroupParent } = {},
  ): Promise<Attacker> {
    const { client, dir } = this.node;
    const { runtime } = client;
    const name = `attacker${this.#attackers++}`;
    const sandbox = sandboxConfig({ name, logDir: join(dir, 'logs'), cgroupParent });
    mkdirSync(join(sandbox.logDirectory, 'main'), { recursive: true });
    const { podSandboxId } = await runtime.runPodSandbox({ config: sandbox, runtimeHandler: handler });
    let containerId: string;
    try {
      const config = { ...containerConfig(['/bin/sh', '-c', script]), ...change };
      ({ containerId } = await runtime.createContainer({ podSandboxId, config, sandboxConfig: sandbox }));
      await runtime.startContainer({ containerId });
    } catch (error) {
      await runtime.removePodSandbox({ podSandboxId });
      throw error;
    }
    return {
      podSandboxId,
      containerId,
      logFile: join(sandbox.logDirectory, 'main/0.log'),
      run: (command, timeoutSeconds = 30) =>
        runtime.execSync({
          containerId,
          cmd: ['/bin/sh', '-c', command],
          timeout: BigInt(timeoutSeconds),
        }),
    };
  }

  /** Removes an attacker's pod, which must not take longer than `withinMs`. */
  async remove({ podSandboxId, containerId }: Attacker, withinMs = 20_000): Promise<void> {
    const { runtime } = this.node.client;
    const started = performance.now();
    await runtime.stopContainer({ containerId, timeout: 1n });
    await runtime.stopPodSandbox({ podSandboxId });
    await runtime.removePodSandbox({ podSandboxId });
    const took = performance.now() - started;
    assert.ok(took < withinMs, `the attacker was removed after ${Math.round(took)} ms`);
  }

  /** Runs `attack`; the healthy pod is the same after it, has logged all the time, and still answers. */
  async unharmed(attack: () => Promise<void>): Promise<void> {
    const pid = await this.#pid();
    const ticks = this.#ticks().length;
    await attack();
    assert.equal(await this.#pid(), pid, 'the healthy pod is the one that it was');
    const { stdout } = await this.node.client.runtime.execSync({
      containerId: this.#healthy,
      cmd: ['/bin/echo', 'well'],
      timeout: 20n,
    });
    assert.equal(Buffer.from(stdout).toString(), 'well\n');
    let now = this.#ticks();
    for (const deadline = performance.now() + 5_000; now.length <= ticks; now = this.#ticks()) {
      assert.ok(performance.now() < deadline, 'the healthy pod has gone on logging');
      await delay(10);
    }
    assert.deepEqual(
      now,
      now.map((_, index) => index),
      'no line of the healthy pod is lost',
    );
  }

  /** Bytes of memory that a process of this machine has resident; berthd unless given. */
  residentBytes(pid = this.node.berthd.pid): number {
    const [, kibibytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1024;
  }

  /** The most that berthd and `others` have resident together while `work` runs, beyond what they had before. */
  async growth(work: Promise<unknown>, others: readonly number[] = []): Promise<number> {
    const total = () =>
      [this.node.berthd.pid, ...others].reduce((sum, pid) => sum + this.residentBytes(pid), 0);
    const before = total();
    let most = before;
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    while (!isDone) {
      most = Math.max(most, total());
      await delay(20);
    }
    await done;
    return most - before;
  }

  /** The pid of a container's conmon. */
  conmonOf(containerId: string): number {
    return Number(readFileSync(join(this.node.paths.state, 'containers', containerId, 'conmon-pid'), 'utf8'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node[Symbol.asyncDispose]();
  }

  async #pid(): Promise<number> {
    const { info } = await this.node.client.runtime.containerStatus({
      containerId: this.#healthy,
      verbose: true,
    });
    const { pid }: { pid: number } = JSON.parse(info['info'] ?? '{}');
    return pid;
  }

  #ticks(): number[] {
    const [log = ''] = globSync(join(this.node.dir, 'logs/default_healthy_*/main/0.log'));
    return [...readFileSync(log, 'utf8').matchAll(/^\S+ stdout F tick (\d+)$/gm)].map(([, tick]) =>
      Number(tick),
    );
  }
}
