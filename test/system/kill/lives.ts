// What goes on while berthd is being killed: each kind of life uses other RPCs, over and over.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CriClient } from '@berth/cri/client/client.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { MountPropagation, NamespaceMode } from '@berth/cri/generated/api.ts';
import { containerConfig, podDown, podUp, sandboxConfig } from '@berth/test-support/pods.ts';
import type { Flights } from './flights.ts';

/** What a life works with; `name` is the name of its pods, and its own. */
export interface Surroundings {
  client: CriClient;
  flights: Flights;
  dir: string;
  name: string;
  cgroupParent: string;
  /** The pod that lives through everything. */
  steady: { sandboxId: string; containerId: string };
  /** `HOST/REPOSITORY:TAG` of two images of a registry that share a layer. */
  images: readonly [volume: string, other: string];
}

export type Life = (surroundings: Surroundings) => Promise<void>;

/** A pod's whole life, with what is asked and changed meanwhile. */
export const podLife: Life = async ({ client, dir, name, cgroupParent }) => {
  const { runtime } = client;
  const pod = await podUp({ client, name, logDir: join(dir, 'logs'), cgroupParent });
  const { containerId, sandboxId: podSandboxId } = pod;
  const cmd = ['/bin/echo', 'here'];
  const { stdout, exitCode } = await runtime.execSync({ containerId, cmd, timeout: 60n });
  assert.deepEqual([exitCode, Buffer.from(stdout).toString()], [0, 'here\n']);
  const linux = { cpuShares: 200n, cpuPeriod: 100_000n, memoryLimitInBytes: 128n * 1024n ** 2n };
  await runtime.updateContainerResources({ containerId, linux });
  await runtime.updatePodSandboxResources({ podSandboxId, overhead: {}, resources: linux });
  await runtime.reopenContainerLog({ containerId });
  const { stats } = await runtime.containerStats({ containerId });
  assert.equal(stats?.attributes?.id, containerId);
  await runtime.stopContainer({ containerId, timeout: 0n });
  await runtime.removeContainer({ containerId });
  await runtime.stopPodSandbox({ podSandboxId });
  await runtime.removePodSandbox({ podSandboxId });
};

const owners = [{ containerId: 0, hostId: 300_000, length: 65_536 }];
const namespaceOptions = {
  network: NamespaceMode.POD,
  pid: NamespaceMode.POD,
  ipc: NamespaceMode.POD,
  usernsOptions: { mode: NamespaceMode.POD, uids: owners, gids: owners },
};

/** A pod with users of its own, an init of its own, an image from the registry and a folder as volumes. */
export const volumeLife: Life = async ({ client, dir, name, cgroupParent, images }) => {
  const { runtime, image } = client;
  const linux = { cgroupParent, securityContext: { namespaceOptions } };
  const config = { ...sandboxConfig({ name, logDir: join(dir, 'logs') }), linux };
  const folder = join(dir, 'volume');
  for (const path of [folder, join(config.logDirectory, 'main')]) mkdirSync(path, { recursive: true });
  await image.pullImage({ image: { image: images[0] } });
  const { podSandboxId } = await runtime.runPodSandbox({ config });
  const volume = { readonly: true, propagation: MountPropagation.PROPAGATION_PRIVATE };
  const { containerId } = await runtime.createContainer({
    podSandboxId,
    sandboxConfig: config,
    config: {
      ...containerConfig(['/bin/sleep', '3600']),
      linux: { securityContext: { namespaceOptions } },
      mounts: [
        { ...volume, containerPath: '/image', image: { image: images[0] } },
        { ...volume, containerPath: '/part', image: { image: images[0] }, imageSubPath: 'data' },
        { ...volume, containerPath: '/folder', hostPath: folder, uidMappings: owners, gidMappings: owners },
      ],
    },
  });
  await runtime.startContainer({ containerId });
  const cmd = ['/bin/sh', '-c', 'cat /image/data/text /part/text; stat -c %u /image/data /folder'];
  const { stdout, stderr } = await runtime.execSync({ containerId, cmd, timeout: 60n });
  assert.equal(Buffer.from(stdout).toString(), 'text\ntext\n0\n0\n', Buffer.from(stderr).toString());
  await podDown(client, { sandboxId: podSandboxId, containerId });
  await image.removeImage({ image: { image: images[0] } });
};

/** An image comes and goes. */
export const imageLife: Life = async ({ client: { image }, images }) => {
  const spec = { image: { image: images[1] } };
  const { imageRef } = await image.pullImage(spec);
  const { image: found } = await image.imageStatus(spec);
  assert.equal(found?.id, imageRef);
  await image.removeImage(spec);
};

/** A container of runc's is checkpointed; where criu does not work it goes on all the same. */
export const checkpointLife: Life = async (surroundings) => {
  const { client, dir, name, cgroupParent } = surroundings;
  const { runtime } = client;
  const config = sandboxConfig({ name, logDir: join(dir, 'logs'), cgroupParent });
  mkdirSync(join(config.logDirectory, 'main'), { recursive: true });
  const { podSandboxId } = await runtime.runPodSandbox({ config, runtimeHandler: 'runc' });
  const { containerId } = await runtime.createContainer({
    podSandboxId,
    sandboxConfig: config,
    config: containerConfig(['/bin/sleep', '3600']),
  });
  await runtime.startContainer({ containerId });
  try {
    await runtime.checkpointContainer({ containerId, location: join(dir, `${name}.tar`), timeout: 60n });
  } catch (error) {
    if (!(error instanceof CriError) || error.code !== 'FAILED_PRECONDITION') throw error;
    assert.match(error.message, /criu/);
  }
  await expectAlive(client, containerId);
  await podDown(client, { sandboxId: podSandboxId, containerId });
};

/** A container that is neither frozen nor gone runs a command. */
async function expectAlive({ runtime }: CriClient, containerId: string): Promise<void> {
  const { exitCode } = await runtime.execSync({ containerId, cmd: ['/bin/true'], timeout: 60n });
  assert.equal(exitCode, 0);
}

/** Everything that can be asked about what is there. */
export const lookLife: Life = async ({ client, flights, steady: { containerId, sandboxId } }) => {
  const { runtime, image } = client;
  const gone = new AbortController();
  const { signal } = gone;
  const events = async () => {
    for await (const _ of runtime.getContainerEvents({}, { signal }));
  };
  const watching = flights.follow('getContainerEvents', events()).catch((error: unknown) => error);
  try {
    for (let round = 0; round < 2; round++) {
      await Promise.all([
        runtime.version({}),
        runtime.status({ verbose: true }),
        runtime.listPodSandbox({}),
        runtime.listContainers({}),
        runtime.containerStatus({ containerId, verbose: true }),
        runtime.podSandboxStatus({ podSandboxId: sandboxId, verbose: true }),
        runtime.containerStats({ containerId }),
        runtime.listContainerStats({}),
        runtime.podSandboxStats({ podSandboxId: sandboxId }),
        runtime.listPodSandboxStats({}),
        runtime.listMetricDescriptors({}),
        runtime.listPodSandboxMetrics({}),
        runtime.runtimeConfig({}),
        image.listImages({}),
        image.imageFsInfo({}),
        flights.follow('streamContainers', drain(runtime.streamContainers({}))),
        flights.follow('streamPodSandboxes', drain(runtime.streamPodSandboxes({}))),
        flights.follow('streamContainerStats', drain(runtime.streamContainerStats({}))),
        flights.follow('streamImages', drain(image.streamImages({}))),
      ]);
      await delay(100);
    }
  } finally {
    gone.abort();
    await watching;
  }
};

async function drain(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages);
}
