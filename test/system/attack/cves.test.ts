// Attacks that were published against containerd, CRI-O, runc and the kubelet, each by its CVE, where no other test
// holds them. SECURITY.md says for each CVE which test that is.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { faultOf, manifest } from '@berth/kubelet/testing/manifest.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import { parseManifest } from '@berth/oci/image-spec/manifest.ts';
import { mediaTypes } from '@berth/oci/image-spec/media-types.ts';
import { TestLayers } from '@berth/oci/testing/layers.ts';
import { AttackedNode } from '@berth/test-support/attacked-node.ts';
import { busyboxLayer, importArchive } from '@berth/test-support/images.ts';
import { until } from '@berth/test-support/until.ts';

const labelled = 'localhost/labelled:1';
const labels = {
  'containerd.io/restart.loguri': 'binary:///bin/sh?-c=touch%20/tmp/pwned',
  'io.kubernetes.pod.uid': 'of-another-pod',
  'run.oci.hooks.stdout': '/tmp/pwned',
  'org.criu.config': '/tmp/criu.conf',
};

let attacked: AttackedNode;
before(async () => {
  attacked = await AttackedNode.start('attackcve');
  const dir = join(attacked.node.dir, 'layout');
  const config = { Cmd: ['/bin/sh'], Env: ['PATH=/bin'], Labels: labels };
  await writeOciLayout({ dir, name: labelled, layers: [busyboxLayer()], config });
  await importArchive(attacked.node.socket, dir);
});
after(() => attacked[Symbol.asyncDispose]());

test('labels of an image reach neither its container nor the OCI runtime (CVE-2026-53488)', async () => {
  const attacker = await attacked.attacker('sleep 100', { image: { image: labelled } });
  const { containerId } = attacker;
  const { status } = await attacked.node.client.runtime.containerStatus({ containerId, verbose: false });
  const config = readFileSync(
    join(attacked.node.paths.state, 'containers', containerId, 'config.json'),
    'utf8',
  );
  for (const label of Object.keys(labels)) {
    assert.ok(!(label in (status?.labels ?? {})) && !(label in (status?.annotations ?? {})), label);
    assert.ok(!config.includes(label), label);
  }
  await attacked.remove(attacker);
});

test("annotations of a pod's author are no orders to the OCI runtime (CVE-2024-3154, CVE-2023-6476)", async () => {
  const annotations = {
    'org.systemd.property.SuccessAction': "'poweroff-force'",
    'io.kubernetes.cri-o.UnifiedCgroup.main': 'memory.max=max',
    'run.oci.systemd.subgroup': '..',
    'org.criu.config': '/tmp/criu.conf',
  };
  const own = { 'example.com/owner': 'the-author' };
  const attacker = await attacked.attacker('sleep 100', { annotations: { ...annotations, ...own } });
  const config = readFileSync(
    join(attacked.node.paths.state, 'containers', attacker.containerId, 'config.json'),
    'utf8',
  );
  for (const annotation of Object.keys(annotations)) assert.ok(!config.includes(annotation), annotation);
  // Those that are no orders are for hooks to see.
  assert.equal(JSON.parse(config).annotations['example.com/owner'], 'the-author');
  await attacked.remove(attacker);
});

for (const handler of ['crun', 'runc']) {
  test(`no working directory leads to the host, with ${handler} (CVE-2024-21626)`, {
    timeout: 300_000,
  }, async () => {
    const secret = join(attacked.node.dir, `secret-${handler}`);
    writeFileSync(secret, 'ESCAPED');
    const script = `for up in . .. ../.. ../../.. ../../../../../../../../..; do cat $up${secret}; done 2>/dev/null; echo done; sleep 100`;
    const descriptors = Array.from({ length: 20 }, (_, index) => `/proc/self/fd/${index + 3}`);
    // The first leads nowhere, and shows that what is not refused is tried.
    for (const workingDir of [
      '/tmp',
      ...descriptors,
      '/proc/self/cwd',
      '/proc/1/root',
      '/proc/thread-self/fd/7/../..',
    ]) {
      let attacker: Awaited<ReturnType<AttackedNode['attacker']>>;
      try {
        attacker = await attacked.attacker(script, { workingDir }, { handler });
      } catch (error) {
        // The runtime refuses most of them.
        assert.ok(error instanceof CriError && workingDir !== '/tmp', String(error));
        continue;
      }
      const log = await until(`${workingDir} was tried`, () => {
        const text = readFileSync(attacker.logFile, 'utf8');
        return text.includes('done') && text;
      });
      assert.ok(!log.includes('ESCAPED'), workingDir);
      await attacked.remove(attacker);
    }
  });
}

test('a gitRepo volume is refused (CVE-2024-10220, CVE-2025-1767)', () => {
  const volumes = [
    { name: 'code', gitRepo: { repository: '/srv/secret', directory: '.', revision: 'HEAD' } },
  ];
  assert.match(faultOf(manifest({ spec: { volumes } })), /gitRepo/);
});

test('a localhost seccomp profile without a name is not "unconfined" (CVE-2023-2431)', () => {
  for (const localhostProfile of [undefined, '']) {
    const securityContext = { seccompProfile: { type: 'Localhost', localhostProfile } };
    assert.match(faultOf(manifest({ container: { securityContext } })), /localhostProfile/);
  }
});

/** The id of a new pod with the sysctl. */
async function runWithSysctl(name: string, value: string): Promise<string> {
  const config = {
    metadata: { name: 'sysctl', namespace: 'default', uid: 'sysctl', attempt: 0 },
    linux: { sysctls: { [name]: value }, cgroupParent: attacked.node.paths.cgroupParent },
  };
  const { podSandboxId } = await attacked.node.client.runtime.runPodSandbox({ config });
  return podSandboxId;
}

test('a sysctl cannot bring others along (CVE-2022-0811)', async () => {
  const corePattern = () => readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
  const before = corePattern();
  for (const [name, value] of [
    ['kernel.shm_rmid_forced', '1+kernel.core_pattern=|/bin/evil'],
    ['kernel.shm_rmid_forced+kernel.core_pattern', '|/bin/evil'],
    ['kernel.core_pattern', '|/bin/evil'],
    ['kernel/../kernel/core_pattern', '|/bin/evil'],
  ] as const) {
    await assert.rejects(runWithSysctl(name, value), { name: 'CriError', message: /sysctl/ }, name);
    assert.equal(corePattern(), before, `${name}=${value}`);
  }
  // The kernel takes the number in front of a line break; what is behind it must not become a setting.
  const podSandboxId = await runWithSysctl('kernel.shm_rmid_forced', '1\nkernel.core_pattern=|/bin/evil');
  assert.equal(corePattern(), before);
  await attacked.node.client.runtime.removePodSandbox({ podSandboxId });
});

test('a malformed digest in a manifest is an error and no crash (CVE-2026-95839)', () => {
  const wrong = { mediaType: mediaTypes.ociManifest, size: 2 };
  for (const digest of ['sha256', 'sha256:', ':', '', 'sha256:../../etc', 'sha256:zz', 7, null, {}]) {
    const descriptor = { ...wrong, digest };
    for (const document of [
      { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [descriptor] },
      { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: descriptor, layers: [] },
      {
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: descriptor,
        layers: [],
        subject: descriptor,
      },
    ]) {
      assert.throws(() => parseManifest(Buffer.from(JSON.stringify(document))), /digest/);
    }
  }
});

test('opaque whiteouts over and over take time in proportion (CVE-2026-95838)', {
  timeout: 600_000,
}, async () => {
  using layers = new TestLayers();
  const files = 500;
  const many = Array.from({ length: files }, (_, index) => ({
    type: 'file' as const,
    path: `folder/${index}`,
    content: '',
  }));
  const opaque = Array.from({ length: files * 5 }, () => ({
    type: 'file' as const,
    path: 'folder/.wh..wh..opq',
    content: '',
  }));
  const time = async (entries: typeof many) => {
    const started = performance.now();
    await layers.unpack(entries, { limits: { maxFiles: 100_000 } });
    return performance.now() - started;
  };
  const without = await time([
    ...many,
    ...many.map(({ path, ...file }) => ({ ...file, path: `${path}-more` })),
  ]);
  const withThem = await time([...many, ...opaque]);
  assert.ok(withThem < 10 * without + 1_000, `${Math.round(withThem)} ms, without ${Math.round(without)} ms`);
});
