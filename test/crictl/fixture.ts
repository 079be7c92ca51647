// The pods, containers, images and files that comparisons are about, and the names that they call them by.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  type ContainerConfig,
  ContainerState,
  type DeepPartial,
  type PodSandboxConfig,
} from '@berth/cri/generated/api.ts';
import { testImage } from '@berth/test-support/pods.ts';
import type { TwinKind } from './comparison.ts';
import { type Names, writeFiles } from './files.ts';
import type { TestImages } from './images.ts';
import type { Node } from './node.ts';

export type Side = 'real' | 'ours';

const sleeps = ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done'];
const script: Record<'speaks' | 'fails' | 'ignores', string> = {
  speaks:
    'for i in 1 2 3 4 5; do echo "out $i"; echo "err $i" >&2; done; printf part; trap "exit 0" TERM; while :; do sleep 0.1; done',
  fails: 'echo "last words"; exit 3',
  ignores: 'trap "" TERM; while :; do sleep 0.1; done',
};

type PodMore = Omit<DeepPartial<PodSandboxConfig>, 'logDirectory'> & { logDirectory?: string };
type ContainerMore = Omit<DeepPartial<ContainerConfig>, 'metadata'> & {
  metadata?: { name: string; attempt: number };
};

/** A pod's configuration as its file has it. */
export function podConfig(node: Node, name: string, more: PodMore = {}) {
  return {
    metadata: { name, namespace: 'default', uid: `uid-${name}`, attempt: 0 },
    logDirectory: join(node.dir, 'logs', name),
    linux: { cgroupParent: node.cgroupParent },
    ...more,
  };
}

export function containerConfig(name: string, command: string[], more: ContainerMore = {}) {
  return {
    metadata: { name, attempt: 0 },
    image: { image: testImage },
    command,
    logPath: `${name}/0.log`,
    linux: {},
    ...more,
  };
}

type PodFile = ReturnType<typeof podConfig>;
type ContainerFile = ReturnType<typeof containerConfig>;

/** Pulls what the standing fixture has of images beside the test image; what is there stays. */
export async function pullStandingImages({ client }: Node, images: TestImages): Promise<void> {
  const { registry, namedDigest } = images;
  for (const image of [`${registry}/app:1`, `${registry}/app:2`, `${registry}/named@${namedDigest}`]) {
    const known = await client.image.imageStatus({ image: { image } });
    if (known.image === undefined) await client.image.pullImage({ image: { image } });
  }
}

async function runPod(node: Node, config: PodFile): Promise<string> {
  mkdirSync(config.logDirectory, { recursive: true });
  return (await node.client.runtime.runPodSandbox({ config })).podSandboxId;
}

async function createContainer(
  node: Node,
  podSandboxId: string,
  sandboxConfig: PodFile,
  config: ContainerFile,
): Promise<string> {
  mkdirSync(join(sandboxConfig.logDirectory, config.metadata.name), { recursive: true });
  return (await node.client.runtime.createContainer({ podSandboxId, config, sandboxConfig })).containerId;
}

async function whenExited(node: Node, containerId: string): Promise<void> {
  for (let waits = 0; waits < 200; waits++) {
    const { status } = await node.client.runtime.containerStatus({ containerId });
    if (status?.state === ContainerState.CONTAINER_EXITED) return;
    await setTimeout(50);
  }
  throw new Error(`${containerId} does not exit`);
}

/** Makes what stays through all comparisons that only read; the ids of its pods are in `kept`. */
export async function standingFixture(
  node: Node,
  images: TestImages,
): Promise<{ names: Names; kept: Set<string> }> {
  const { client } = node;
  const names: Names = writeFiles(node, images);
  await pullStandingImages(node, images);
  const { image } = await client.image.imageStatus({ image: { image: `${images.registry}/app:1` } });
  names.set('app-id', image?.id ?? '');

  const web = podConfig(node, 'web', {
    labels: {
      'io.kubernetes.pod.name': 'web',
      'io.kubernetes.pod.namespace': 'default',
      app: 'web',
      tier: 'front',
    },
    annotations: { note: 'a <b> & "c": é\nsecond line', 'example.com/long': 'word '.repeat(40).trim() },
  });
  const db = podConfig(node, 'db', {
    metadata: { name: 'db', namespace: 'kube-system', uid: 'uid-db', attempt: 2 },
    labels: { app: 'db' },
    hostname: 'db',
  });
  const old = podConfig(node, 'old');
  const pods = { web: await runPod(node, web), db: await runPod(node, db), old: await runPod(node, old) };
  for (const [name, id] of Object.entries(pods)) names.set(name, id);

  const container = async (pod: 'web' | 'db', name: string, command: string[], more = {}) => {
    const sandboxConfig = pod === 'web' ? web : db;
    const id = await createContainer(node, pods[pod], sandboxConfig, containerConfig(name, command, more));
    names.set(`${pod}.${name}`, id);
    return id;
  };
  const inWeb = { 'io.kubernetes.pod.name': 'web', 'io.kubernetes.pod.namespace': 'default' };
  const main = await container('web', 'main', ['/bin/sh', '-c', script.speaks], {
    labels: { ...inWeb, app: 'web' },
    annotations: { note: 'plain', colon: 'a: b', empty: '' },
    envs: [{ key: 'GREETING', value: Buffer.from('hello') }],
  });
  const done = await container('web', 'done', ['/bin/sh', '-c', script.fails], {
    metadata: { name: 'done', attempt: 1 },
    logPath: 'done/1.log',
    labels: inWeb,
  });
  await container('web', 'waiting', ['/bin/true'], { labels: inWeb });
  const one = await container('db', 'one', sleeps, { image: { image: `${images.registry}/app:1` } });
  for (const containerId of [main, done, one]) await client.runtime.startContainer({ containerId });
  await whenExited(node, done);
  await client.runtime.stopPodSandbox({ podSandboxId: pods.old });
  writeFileSync(join(web.logDirectory, 'done/0.log'), '2026-01-02T03:04:05.5Z stdout F attempt before\n');
  return { names, kept: new Set(Object.values(pods)) };
}

export interface Twin {
  /** What the command line names: the container, or the pod where there is none. */
  id: string;
  podId: string;
  logDirectory: string;
}

/** Makes the object of `kind`; `owner` tells whose it is. */
export async function makeTwin(node: Node, name: string, kind: TwinKind, owner: string): Promise<Twin> {
  const logDirectory = join(node.dir, 'logs', `twin-${name}-${owner}`);
  const config = podConfig(node, `twin-${name}`, {
    metadata: { name: `twin-${name}`, namespace: 'default', uid: `uid-${name}-${owner}`, attempt: 0 },
    logDirectory,
  });
  const podId = await runPod(node, config);
  const pod = { id: podId, podId, logDirectory };
  if (kind === 'pod') return pod;
  if (kind === 'stopped-pod') {
    await node.client.runtime.stopPodSandbox({ podSandboxId: podId });
    return pod;
  }
  const commands = {
    running: sleeps,
    created: sleeps,
    exited: ['/bin/true'],
    stubborn: ['/bin/sh', '-c', script.ignores],
  };
  const id = await createContainer(node, podId, config, containerConfig('twin', commands[kind]));
  if (kind !== 'created') await node.client.runtime.startContainer({ containerId: id });
  if (kind === 'exited') await whenExited(node, id);
  return { id, podId, logDirectory };
}
