// Random requests of every type to a live berthd: none ends it, each is answered with a gRPC code and words for a
// person, a pod beside it does not notice, and nothing is left. BERTH_FUZZ_SECONDS=600 runs it that long.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { grpcCodeName } from '@berth/cri/errors/cri-error.ts';
import { ImageServiceDefinition, RuntimeServiceDefinition } from '@berth/cri/generated/api.ts';
import { messages } from '@berth/cri/generated/schema.ts';
import { AttackedNode } from '@berth/test-support/attacked-node.ts';
import { fuzzSeeds, mutate } from '@berth/test-support/fuzz.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { randomMessage, type Strings } from './random-message.ts';

const methods = [RuntimeServiceDefinition, ImageServiceDefinition].flatMap(({ fullName, methods: all }) =>
  Object.values(all).map(({ name, responseStream }) => ({
    name,
    path: `/${fullName}/${name}`,
    responseStream,
  })),
);
/** Of the RPC whose request is not named for it. */
const requestTypes: Readonly<Record<string, string>> = { GetContainerEvents: 'GetEventsRequest' };
/** They make what the others need: a third of all. */
const makers = ['RunPodSandbox', 'CreateContainer', 'StartContainer'];
const deadlineMs = 10_000;
const betweenLooks = 60;

test('random requests', { timeout: 3_600_000 }, async (t) => {
  await fuzzRequests(t).catch((error: unknown) => {
    for (const each of causes(error)) t.diagnostic(inspect(each));
    throw error;
  });
});

/** What failed, and what failed while that was cleaned up, which hides it otherwise. */
function causes(error: unknown): unknown[] {
  return error instanceof SuppressedError ? [...causes(error.suppressed), ...causes(error.error)] : [error];
}

async function fuzzRequests(t: TestContext): Promise<void> {
  await using attacked = await AttackedNode.start('fuzzcri');
  const { node } = attacked;
  const { runtime, image } = node.client;
  const channel = new Client(`unix:${node.socket}`, credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
  });
  const ownName = hostname();
  const healthy = new Set((await runtime.listPodSandbox({})).items.map(({ id }) => id));
  const made = { pods: [''], containers: [''] };
  const codes = new Map<string, number>();
  let sent = 0;
  const count = await fuzzSeeds(async (random) => {
    const name = random(3) === 0 ? makers[random(makers.length)] : methods[random(methods.length)]?.name;
    const method = methods.find((each) => each.name === name);
    assert.ok(method !== undefined);
    const type = requestTypes[method.name] ?? `${method.name}Request`;
    assert.ok(type in messages, type);
    let bytes = randomMessage(type, strings(node, made), random);
    if (random(10) === 0) bytes = mutate([Buffer.from(bytes)], random);
    const { code, details } = await ask(channel, method, bytes);
    const known = grpcCodeName(code);
    codes.set(known, (codes.get(known) ?? 0) + 1);
    const said = `${method.name}: ${known}: ${details}`;
    assert.ok(code >= 0 && code <= 16 && known !== 'DATA_LOSS', said);
    assert.doesNotMatch(details, slips, said);
    if (code !== 0) assert.ok(details !== '', said);
    sent += 1;
    if (sent % betweenLooks === 0) {
      await attacked.unharmed(async () => {});
      assert.equal(node.berthd.child.exitCode, null);
      assert.equal(hostname(), ownName);
    }
    if (sent % betweenLooks === 0 || code === 0) {
      const { items } = await runtime.listPodSandbox({});
      made.pods = items.map(({ id }) => id).filter((id) => !healthy.has(id));
      const { containers } = await runtime.listContainers({});
      made.containers = containers
        .filter(({ podSandboxId }) => !healthy.has(podSandboxId))
        .map(({ id }) => id);
    }
    if (made.pods.length > 12) await removePods();
    const { image: present } = await image.imageStatus({ image: { image: testImage } });
    if (present === undefined) await loadTestImage(node.socket);
  }, 15_000);

  async function removePods(): Promise<void> {
    for (const podSandboxId of made.pods) await runtime.removePodSandbox({ podSandboxId });
    made.pods = [];
    made.containers = [];
  }
  channel.close();
  await attacked.unharmed(async () => {
    const { items } = await runtime.listPodSandbox({});
    made.pods = items.map(({ id }) => id).filter((id) => !healthy.has(id));
    await removePods();
  });
  for (const podSandboxId of healthy) await runtime.removePodSandbox({ podSandboxId });
  const told = [...codes].map(([code, times]) => `${code} ${times}`).join(', ');
  t.diagnostic(
    `${count} requests: ${told}; berthd has ${Math.round(attacked.residentBytes() / 2 ** 20)} MiB`,
  );
  assert.deepEqual(await node.leftovers(), []);
  assert.doesNotMatch(node.berthd.output(), /Uncaught|unhandled/i);
}

/** What no one should read: the words of a mistake in the program. */
const slips =
  /TypeError|Cannot (read|convert|mix|destructure)|is not (a function|iterable)|undefined|\[object |RangeError|Unexpected token|NaN|invalid array length|ERR_[A-Z]/i;

function ask(
  channel: Client,
  { path, responseStream }: { path: string; responseStream: boolean },
  bytes: Uint8Array,
): Promise<{ code: number; details: string }> {
  const asIs = (value: Buffer) => value;
  const request = Buffer.from(bytes);
  const deadline = Date.now() + deadlineMs;
  return new Promise((resolve) => {
    const answered = (error: ServiceError | null) =>
      resolve(error === null ? { code: 0, details: '' } : { code: error.code, details: error.details });
    if (!responseStream) {
      channel.makeUnaryRequest(path, asIs, asIs, request, new Metadata(), { deadline }, answered);
      return;
    }
    const call = channel.makeServerStreamRequest(path, asIs, asIs, request, new Metadata(), { deadline });
    // Some have no end.
    const timer = setTimeout(() => call.cancel(), 100);
    call
      .on('data', () => {})
      .on('error', (error: ServiceError) => {
        clearTimeout(timer);
        answered(error);
      });
    call.on('end', () => {
      clearTimeout(timer);
      answered(null);
    });
  });
}

/** Nothing among them leads out of the node's own folder and cgroups. */
function strings(
  { dir, paths }: AttackedNode['node'],
  { pods, containers }: { pods: readonly string[]; containers: readonly string[] },
): Strings {
  const odd = [
    '',
    'x',
    'a b',
    'ä€😀',
    'a\0b',
    '-',
    '--',
    '0',
    'true',
    '../x',
    'x'.repeat(5000),
    '\n',
    '%s',
    '$(x)',
  ];
  const unknown = ['f'.repeat(64), '', 'zz'];
  const folder = join(dir, 'volume');
  mkdirSync(folder, { recursive: true });
  const names = ['main', 'a', 'b', 'c', ...odd];
  const images = [
    testImage,
    testImage,
    testImage,
    '127.0.0.1:1/none:1',
    'UPPER',
    '',
    '127.0.0.1:1/a@sha256:00',
  ];
  const files = [
    folder,
    join(folder, 'file'),
    '/dev/null',
    'relative',
    '',
    `${folder}/../volume`,
    '/proc/self',
  ];
  const programs = ['/bin/sleep', '/bin/true', 'true', 'sh', '/bin/none', '', '/etc/passwd', 'x'.repeat(300)];
  return {
    '': odd,
    pod_sandbox_id: [...pods, ...pods, ...pods, ...unknown],
    container_id: [...containers, ...containers, ...containers, ...unknown],
    id: [...pods, ...containers, ...unknown],
    target_id: [...containers, ...unknown],
    name: names,
    namespace: names,
    uid: names,
    image: images,
    user_specified_image: images,
    image_ref: images,
    runtime_handler: ['', '', 'crun', 'runc', 'none'],
    cgroup_parent: [paths.cgroupParent, `${paths.cgroupParent}/a`, '', '../x', 'kubepods.slice', 'a\0b'],
    log_directory: [join(dir, 'logs/a'), join(dir, 'logs/b'), join(dir, 'logs/a'), 'relative', ''],
    log_path: ['main/0.log', 'a.log', '', '../x.log', '/', 'a\0b'],
    location: [join(dir, 'checkpoint.tar'), 'relative', ''],
    host_path: files,
    container_path: ['/a', '/a/b', '/etc/hosts', 'relative', '', '/', '/dev/x', '/proc', '/../up', '/bin'],
    image_sub_path: ['', 'etc', '../..', '/etc', 'none'],
    cmd: programs,
    command: programs,
    args: ['1', '0.1', '-c', 'exit 3', '', '3600'],
    working_dir: ['', '/', '/tmp', '/none/made', 'relative', '/etc/passwd'],
    'sysctls.key': ['kernel.shm_rmid_forced', 'net.berth.none', '../x', ''],
    sysctls: ['0', '', 'x'],
    seccomp_profile_path: ['', 'runtime/default', 'unconfined', 'localhost/none', 'x'],
    localhost_ref: ['', 'none', join(dir, 'none.json')],
    pod_cidr: ['10.1.0.0/16', '', 'x', '10.0.0.0/33'],
    server_address: ['', '127.0.0.1:1', 'x'],
    run_as_username: ['', 'root', 'alice', 'ghost', '0:0', 'a\0b'],
    hostname: ['', 'name', 'x'.repeat(100), 'a b'],
    cpuset_cpus: ['', '0', '0-1', '99', 'x'],
    cpuset_mems: ['', '0', '99', 'x'],
    'unified.key': ['memory.high', '../x', ''],
    page_size: ['2MB', '1GB', 'x', ''],
  };
}
