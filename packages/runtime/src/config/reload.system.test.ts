// SIGHUP: each setting that a running berthd takes on, by what it does.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import type { ContainerConfig, DeepPartial } from '@berth/cri/generated/api.ts';
import { type BerthdPaths, layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { removeTestCgroup } from '@berth/test-support/cgroup-driver.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { containerConfig, sandboxConfig, testImage } from '@berth/test-support/pods.ts';
import { type Daemon, scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import type { liveSettings } from './reload.ts';

const dir = scratchDir('reload');
let network: PodNetwork;
let paths: BerthdPaths;
let berthd: Daemon;
let client: CriClient;

before(async () => {
  moveHugetlbToV1();
  paths = layOutBerthd(dir.path);
  network = await PodNetwork.take('reload');
  network.writeConflist({ confDir: paths.cniConfDir, dataDir: join(dir.path, 'leases') });
  berthd = await startBerthd(paths, dir.path);
  client = connectCri(paths.socket);
  await loadTestImage(paths.socket);
});

after(async () => {
  client?.close();
  await berthd?.stop();
  network?.[Symbol.dispose]();
  await removeTestCgroup(paths.cgroupParent);
  dir[Symbol.dispose]();
});

/** What `command` prints in a container of a new pod. */
async function inNewPod(
  name: string,
  command: string,
  change: DeepPartial<ContainerConfig> = {},
): Promise<string> {
  const config = sandboxConfig({ name, logDir: join(dir.path, 'logs') });
  const { podSandboxId } = await client.runtime.runPodSandbox({ config });
  try {
    const { containerId } = await client.runtime.createContainer({
      podSandboxId,
      config: { ...containerConfig(['/bin/sleep', '633']), ...change },
      sandboxConfig: config,
    });
    await client.runtime.startContainer({ containerId });
    const cmd = ['/bin/sh', '-c', command];
    const { stdout } = await client.runtime.execSync({ containerId, cmd, timeout: 0n });
    return Buffer.from(stdout).toString().trim();
  } finally {
    await client.runtime.removePodSandbox({ podSandboxId });
  }
}

interface Effect {
  /** Lines of config.yaml; made when its files are there. */
  readonly settings: () => string;
  /** Fails unless berthd does as the settings say. */
  readonly observe: () => Promise<void>;
}

const requests: string[] = [];
const registry = createServer((request, response) => {
  requests.push(request.url ?? '');
  response.writeHead(404).end();
});

/** Of every live setting, so that a new one does not compile without its effect. */
const effects: Record<(typeof liveSettings)[number], Effect> = {
  logLevel: {
    settings: () => 'logLevel: debug\n',
    observe: async () => {
      await client.runtime.version({});
      await until('debug lines are logged', () => /level=debug.*Response: Version/.test(berthd.output()));
    },
  },
  runtimes: {
    settings: () => 'runtimes: { crun: {}, another: { path: crun } }\n',
    observe: async () => {
      const { runtimeHandlers } = await client.runtime.status({ verbose: false });
      assert.deepEqual(runtimeHandlers.map(({ name }) => name).sort(), ['', 'another', 'crun']);
    },
  },
  defaultRuntime: {
    settings: () => 'runtimes: { crun: {}, absent: { path: /absent } }\ndefaultRuntime: absent\n',
    observe: () => assert.rejects(inNewPod('default-runtime', ''), /runtime handler "absent": /),
  },
  defaultSysctls: {
    settings: () => 'defaultSysctls: { net.core.somaxconn: 321 }\n',
    observe: async () => {
      assert.equal(await inNewPod('sysctls', 'cat /proc/sys/net/core/somaxconn'), '321');
    },
  },
  cdi: {
    settings: () => {
      const specDir = join(dir.path, 'other-cdi');
      mkdirSync(specDir);
      const containerEdits = { env: ['FROM=other'] };
      const spec = { cdiVersion: '0.5.0', kind: 'v.com/c', devices: [{ name: 'a', containerEdits }] };
      writeFileSync(join(specDir, 'v.json'), JSON.stringify(spec));
      return `cdi: { specDirs: [${specDir}] }\n`;
    },
    observe: async () => {
      const CDIDevices = [{ name: 'v.com/c=a' }];
      assert.equal(await inNewPod('cdi', 'echo $FROM', { CDIDevices }), 'other');
    },
  },
  registry: {
    settings: () => {
      const hosts = join(dir.path, 'other-certs.d/reload.example');
      mkdirSync(hosts, { recursive: true });
      const { port } = registry.address() as AddressInfo;
      writeFileSync(join(hosts, 'hosts.toml'), `server = "http://127.0.0.1:${port}"\n`);
      return `registry: { configDir: ${join(dir.path, 'other-certs.d')} }\n`;
    },
    observe: async () => {
      await assert.rejects(client.image.pullImage({ image: { image: 'reload.example/one:1' } }));
      assert.ok(requests.some((url) => url.startsWith('/v2/one/manifests/1')));
    },
  },
  image: {
    settings: () => 'image: { pinned: ["*"] }\n',
    observe: async () => {
      const { image } = await client.image.imageStatus({ image: { image: testImage } });
      assert.equal(image?.pinned, true);
    },
  },
  checkpoint: {
    settings: () => 'checkpoint: { restore: true }\n',
    observe: async () => {
      const image = { image: join(dir.path, 'no-such.tar') };
      await assert.rejects(inNewPod('checkpoint', '', { image }), (error: Error) => {
        assert.doesNotMatch(error.message, /restoring is off/);
        return true;
      });
    },
  },
  stats: {
    settings: () => 'stats: { includedPodMetrics: [network] }\n',
    observe: async () => {
      const config = sandboxConfig({ name: 'stats', logDir: join(dir.path, 'logs') });
      const { podSandboxId } = await client.runtime.runPodSandbox({ config });
      try {
        const { podMetrics } = await client.runtime.listPodSandboxMetrics({});
        assert.ok(podMetrics.some(({ metrics }) => metrics.length > 0));
      } finally {
        await client.runtime.removePodSandbox({ podSandboxId });
      }
    },
  },
};

let reloads = 0;

async function reload(text: string): Promise<void> {
  writeFileSync(paths.config, text);
  berthd.child.kill('SIGHUP');
  reloads += 1;
  await until('it has read them', () => berthd.output().split('Read the settings again').length > reloads);
}

test('each live setting has its effect after SIGHUP, and not before', async (t) => {
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  t.after(() => registry.close());
  const plain = readFileSync(paths.config, 'utf8');
  for (const [key, { settings, observe }] of Object.entries(effects)) {
    await t.test(key, async () => {
      const lines = settings();
      const own = key === 'registry' ? plain.replace(/^registry:\n {2}.*\n/m, '') : plain;
      if (key === 'logLevel') assert.doesNotMatch(berthd.output(), /level=debug/);
      else await assert.rejects(observe(), 'the setting has its effect before it is made');
      await reload(own + lines);
      assert.match(berthd.output(), new RegExp(`Read the settings again.*${key}`));
      await observe();
      await reload(plain);
    });
  }
});
