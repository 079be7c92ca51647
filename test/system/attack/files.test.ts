// Containers that leave files which are hard to remove, or which block whoever reads them: everything of them goes,
// and the node works on for the others.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { mknod } from '@berth/linux/files/mknod.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import {
  type FaultyNode,
  podManifest,
  startFaultyNode,
  untilForgotten,
  untilRunning,
} from '@berth/test-support/faulty-node.ts';
import { busyboxLayer, importArchive } from '@berth/test-support/images.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { containerConfig, sandboxConfig } from '@berth/test-support/pods.ts';
import { until } from '@berth/test-support/until.ts';

/** An image with a volume that any user may write to. */
const volumeImage = 'localhost/berth-test/volume:1';

let node: FaultyNode;
before(async () => {
  node = await startFaultyNode({ name: 'attfile' });
  const layout = join(node.dir, 'layout');
  const layer = [...busyboxLayer(), { type: 'directory', path: 'vol', mode: 0o777 } as const];
  await writeOciLayout({
    dir: layout,
    name: volumeImage,
    layers: [layer],
    config: { Env: ['PATH=/bin'], Volumes: ['/vol'] },
  });
  await importArchive(node.paths.socket, layout);
  rmSync(layout, { recursive: true });
});
after(() => node[Symbol.asyncDispose]());

const polite = 'trap "exit 0" TERM; while true; do sleep 1 & wait $!; done';

/** A script that makes 60 directories below each other, with names as long as can be, in each of some directories. */
function nesting(directories: readonly string[]): string {
  const nest = 'i=0; while [ $i -lt 60 ]; do mkdir $L && cd -P $L || exit 1; i=$((i+1)); done; touch file';
  const all = directories.map((directory) => `cd ${directory}; ${nest};`).join(' ');
  return `L=$(printf %0255d 0); ${all} ${polite}`;
}

const unprivileged = {
  runAsUser: 1000,
  runAsGroup: 1000,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
};

test('a pod whose unprivileged container nests 60 long-named directories in its layer, an emptyDir and an image volume is removed whole', {
  timeout: 120_000,
}, async () => {
  const layers = join(node.paths.root, 'containers');
  await node.withoutTrace(async () => {
    const before = readdirSync(layers);
    const pod = {
      name: 'deep',
      spec: { volumes: [{ name: 'data', emptyDir: {} }] },
      container: {
        image: volumeImage,
        command: ['/bin/sh', '-c', nesting(['/tmp', '/data', '/vol'])],
        securityContext: unprivileged,
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    };
    node.write('deep.json', podManifest(pod));
    await untilRunning(node, 'deep');
    const uid = (await node.pods()).find(({ metadata }) => metadata.name === 'deep-testnode')?.metadata.uid;
    const volume = join(node.dir, 'kubelet/pods', uid ?? '', 'volumes/kubernetes.io~empty-dir/data');
    const [layer = ''] = readdirSync(layers).filter((name) => !before.includes(name));
    const nested = ['tmp', 'vol'].map((name) => join(layers, layer, 'upper', name));
    for (const place of [volume, ...nested]) {
      await until(`${place} is nested`, () => existsSync(place) && isDeep(place));
    }
    node.remove('deep.json');
    await untilForgotten(node, 'deep');
    assert.ok(!existsSync(join(node.dir, 'kubelet/pods', uid ?? '')), 'nothing is left of the pod');
    assert.deepEqual(readdirSync(layers), before, 'nothing is left of its layer');
  });
});

/** Whether there are enough directories below each other that a path of the last is longer than paths can be. */
function isDeep(place: string): boolean {
  if (!existsSync(place)) return false;
  let path = place;
  while (path.length < 3800) {
    const [name] = readdirSync(path);
    if (name === undefined || name === 'file') return false;
    path = join(path, name);
  }
  return true;
}

test('RemovePodSandbox removes what an unprivileged container nested, and berthd answers meanwhile', {
  timeout: 120_000,
}, async () => {
  await node.withoutTrace(async () => {
    const { runtime } = node.client;
    const config = sandboxConfig({
      name: 'deepcri',
      logDir: join(node.dir, 'logs'),
      cgroupParent: node.paths.cgroupParent,
    });
    mkdirSync(join(config.logDirectory, 'main'), { recursive: true });
    const { podSandboxId } = await runtime.runPodSandbox({ config });
    const { containerId } = await runtime.createContainer({
      podSandboxId,
      config: {
        ...containerConfig(['/bin/sh', '-c', nesting(['/tmp'])]),
        linux: { securityContext: { runAsUser: { value: 1000n }, noNewPrivs: true } },
      },
      sandboxConfig: config,
    });
    await runtime.startContainer({ containerId });
    const layer = join(node.paths.root, 'containers', containerId);
    await until('it is nested', () => isDeep(join(layer, 'upper/tmp')));
    await runtime.stopPodSandbox({ podSandboxId });
    await runtime.removePodSandbox({ podSandboxId });
    assert.ok(!existsSync(layer));
    const { items } = await runtime.listPodSandbox({ filter: { id: podSandboxId } });
    assert.deepEqual(items, []);
  });
});

test('FIFOs at the termination logs of five pods do not block the kubelet', {
  timeout: 120_000,
}, async () => {
  await node.withoutTrace(async () => {
    const names = [1, 2, 3, 4, 5].map((number) => `fifo${number}`);
    for (const name of names) {
      const volumeMounts = [{ name: 'data', mountPath: '/data' }];
      const pod = {
        name,
        spec: {
          restartPolicy: 'Never',
          volumes: [{ name: 'data', emptyDir: {} }],
          initContainers: [
            {
              name: 'plant',
              image: volumeImage,
              command: ['/bin/busybox', 'mkfifo', '/data/fifo'],
              securityContext: unprivileged,
              volumeMounts,
            },
          ],
        },
        container: {
          command: ['/bin/sh', '-c', 'exit 3'],
          securityContext: unprivileged,
          volumeMounts: [{ name: 'data', mountPath: '/dev/termination-log', subPath: 'fifo' }],
        },
      };
      node.write(`${name}.json`, podManifest(pod));
    }
    const ended = async () =>
      (await node.pods()).flatMap(({ metadata, status }) => {
        const terminated = status.containerStatuses?.[0]?.state.terminated;
        return names.includes(metadata.name.replace('-testnode', '')) && terminated ? [terminated] : [];
      });
    await until('all five have ended', async () => (await ended()).length === 5, node.kubelet.output);
    for (const terminated of await ended()) {
      assert.match(JSON.stringify(terminated), /is a FIFO, not a regular file/);
    }
    const started = performance.now();
    node.write('other.json', podManifest({ name: 'other' }));
    await untilRunning(node, 'other');
    const took = performance.now() - started;
    assert.ok(took < patience(2_000), `another pod ran after ${Math.round(took)} ms`);
    for (const name of [...names, 'other']) node.remove(`${name}.json`);
    for (const name of [...names, 'other']) await untilForgotten(node, name);
  });
});

test('a FIFO as manifest, conflist, or seccomp profile blocks neither the kubelet nor berthd', {
  timeout: 600_000,
}, async () => {
  await node.withoutTrace(async () => {
    const fifos = [
      join(node.dir, 'manifests/fifo.yaml'),
      join(node.paths.cniConfDir, '99-fifo.conflist'),
      join(node.dir, 'kubelet/seccomp/fifo.json'),
    ];
    mkdirSync(join(node.dir, 'kubelet/seccomp'), { recursive: true });
    for (const fifo of fifos) mknod(fifo, { type: 'fifo', mode: 0o644 });
    await until('the manifest is told of', () =>
      /fifo\.yaml.*not a regular file/.test(node.kubelet.output()),
    );
    const seccompProfile = { type: 'Localhost', localhostProfile: 'fifo.json' };
    node.write(
      'profile.json',
      podManifest({ name: 'profile', container: { securityContext: { seccompProfile } } }),
    );
    await until(
      'the profile is told of',
      async () => JSON.stringify(await node.pods()).includes('fifo.json is a FIFO, not a regular file'),
      node.kubelet.output,
    );
    node.write('beside.json', podManifest({ name: 'beside' }));
    await untilRunning(node, 'beside');
    for (const name of ['profile', 'beside']) node.remove(`${name}.json`);
    for (const name of ['profile', 'beside']) await untilForgotten(node, name);
    for (const fifo of fifos) rmSync(fifo);
  });
});

test('a log_path that leaves its log_directory is refused, through links too', async () => {
  await node.withoutTrace(async () => {
    const { runtime } = node.client;
    const logDir = join(node.dir, 'logs');
    const config = sandboxConfig({ name: 'logs', logDir, cgroupParent: node.paths.cgroupParent });
    mkdirSync(config.logDirectory, { recursive: true });
    const { podSandboxId } = await runtime.runPodSandbox({ config });
    const create = (logPath: string) =>
      runtime.createContainer({
        podSandboxId,
        config: { ...containerConfig(['/bin/true']), logPath },
        sandboxConfig: config,
      });
    for (const logPath of ['../0.log', 'main/../../0.log', '..', 'main/..', '.', 'main/']) {
      await assert.rejects(create(logPath), /config\.log_path: .*below the log_directory/);
    }
    const elsewhere = join(node.dir, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(config.logDirectory, 'main'));
    await assert.rejects(create('main/0.log'), /config\.log_path: .*no symbolic link leads to/);
    assert.deepEqual(readdirSync(elsewhere), []);
    const { containerId } = await create('./other/0.log');
    const { status } = await runtime.containerStatus({ containerId });
    assert.equal(status?.logPath, join(config.logDirectory, 'other/0.log'));
    await runtime.removePodSandbox({ podSandboxId });
    for (const folder of [elsewhere, config.logDirectory]) rmSync(folder, { recursive: true });
  });
});

test("crictl logs does not hang on a FIFO in a log's place", { timeout: 600_000 }, async () => {
  await node.withoutTrace(async () => {
    node.write('logged.json', podManifest({ name: 'logged' }));
    await untilRunning(node, 'logged');
    const pod = (await node.pods()).find(({ metadata }) => metadata.name === 'logged-testnode');
    const id = pod?.status.containerStatuses?.[0]?.containerID?.replace('berth://', '') ?? '';
    const { status } = await node.client.runtime.containerStatus({ containerId: id });
    const logPath = status?.logPath ?? '';
    rmSync(logPath);
    mknod(logPath, { type: 'fifo', mode: 0o644 });
    const { code, err } = await node.crictl('logs', id);
    assert.notEqual(code, 0);
    assert.match(err, /failed to open log file .*: not a regular file/);
    rmSync(logPath);
    writeFileSync(logPath, '');
    node.remove('logged.json');
    await untilForgotten(node, 'logged');
  });
});
