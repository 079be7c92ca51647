// An OCI runtime that hangs when it is to create: nobody who stops or removes the pod waits for it, and nothing of it
// is left.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { NamespaceMode } from '@berth/cri/generated/api.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { findProgram } from '../host/programs.ts';
import { failsWith, isolated, PodCalls, until } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

const scratch = scratchDir('hung');
const creating = join(scratch.path, 'creating');
/** Much less than the four minutes that a creation may take. */
const prompt = patience(10_000);
let node: TestNode;
let pods: PodCalls;
before(async () => {
  const program = join(scratch.path, 'hung');
  const text = `#!/bin/sh
case " $* " in *" create "*) touch ${creating}; sleep 4711; sleep 4711;; esac
exec ${findProgram('crun', 'crun')} "$@"
`;
  writeFileSync(program, text);
  chmodSync(program, 0o755);
  node = await TestNode.start('rt-hung', undefined, `runtimes:\n  crun: {}\n  hung: { path: ${program} }\n`);
  pods = new PodCalls(node);
});
after(async () => {
  await node[Symbol.asyncDispose]();
  scratch[Symbol.dispose]();
});

const call = () => node.client.runtime;

/** Processes of the program that hangs. */
function hanging(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const [name = '', argument = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return (name === 'sleep' && argument === '4711') || argument === join(scratch.path, 'hung');
    } catch {
      return false;
    }
  });
}

async function promptly(work: Promise<unknown>): Promise<void> {
  const began = performance.now();
  await work;
  assert.ok(performance.now() - began < prompt, `took ${performance.now() - began} ms`);
}

for (const [what, end] of [
  ['StopPodSandbox', (podSandboxId: string) => call().stopPodSandbox({ podSandboxId })],
  ['RemovePodSandbox', (podSandboxId: string) => call().removePodSandbox({ podSandboxId })],
] as const) {
  test(`${what} gives up what is being created in the pod, and what waits for its turn`, async () => {
    rmSync(creating, { force: true });
    const pod = await pods.runPod(`hung-${what.toLowerCase()}`, {}, 'hung');
    const first = pods.makeContainer(pod, ['/bin/sleep', '600']);
    const second = pods.makeContainer(pod, ['/bin/sleep', '600'], {
      metadata: { name: 'second', attempt: 0 },
    });
    const refused = [first, second].map((making) =>
      assert.rejects(making, failsWith('FAILED_PRECONDITION', /was stopped/)),
    );
    await until(() => existsSync(creating));
    await promptly(end(pod));
    await Promise.all(refused);
    assert.deepEqual((await call().listContainers({ filter: { podSandboxId: pod } })).containers, []);
    await until(() => hanging().length === 0);
    await pods.removePod(pod);
    assert.deepEqual(readdirSync(join(node.config.root, 'containers')), []);
  });
}

test('a client that goes takes the creation along with it', async () => {
  rmSync(creating, { force: true });
  const pod = await pods.runPod('hung-beside', {}, 'hung');
  const cancel = new AbortController();
  const making = call().createContainer(
    {
      podSandboxId: pod,
      config: node.containerConfig(['/bin/sleep', '600']),
      sandboxConfig: node.sandboxConfig('unused'),
    },
    { signal: cancel.signal },
  );
  making.catch(() => {});
  await until(() => existsSync(creating));
  cancel.abort();
  await assert.rejects(making);
  await until(() => hanging().length === 0);
  await until(() => readdirSync(join(node.config.root, 'containers')).length === 0);
  await pods.removePod(pod);
});

test('a sandbox whose init hangs is undone when its client goes, and its name is free for the next call', async () => {
  rmSync(creating, { force: true });
  const shared = {
    linux: { securityContext: { namespaceOptions: { ...isolated, pid: NamespaceMode.POD } } },
  };
  const config = node.sandboxConfig('hung-init', shared);
  const cancel = new AbortController();
  const making = call().runPodSandbox({ config, runtimeHandler: 'hung' }, { signal: cancel.signal });
  making.catch(() => {});
  await until(() => existsSync(creating));
  cancel.abort();
  await assert.rejects(making);
  const next = call().runPodSandbox({ config, runtimeHandler: 'crun' });
  await promptly(next);
  await until(() => hanging().length === 0);
  const { podSandboxId } = await next;
  const { items } = await call().listPodSandbox({});
  assert.deepEqual(
    items.map(({ id }) => id),
    [podSandboxId],
  );
  await pods.removePod(podSandboxId);
});
