// Every field that Kubernetes has in a pod, and what becomes of it here (testing/pod-field-fates.ts). A field that
// is accepted changes what the runtime is asked for, or is named with the place that acts on it, or is for
// schedulers alone, or is ignored with a word in the log where the real kubelet ignores it as well; all others are
// refused by name. A field that a new Kubernetes brings has no entry, and fails
// this test until someone decides.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { decodeManifest } from '../config/decode.ts';
import { containerConfig } from '../containers/container-config.ts';
import { podHosts } from '../containers/hosts-file.ts';
import type { Objects } from '../objects/objects.ts';
import type { ConfigMap } from '../objects/types.ts';
import { podHostname } from '../sandbox/hostname.ts';
import { sandboxConfig } from '../sandbox/sandbox-config.ts';
import { testCgroupNode } from '../testing/node-facts.ts';
import { testOptions } from '../testing/options.ts';
import { carriedTypes, type Place, places } from '../testing/pod-field-fates.ts';
import { podSchema } from './generated/pod-schema.ts';
import type { Pod } from './pod.ts';

const sources = dirname(import.meta.dirname);

for (const [type, { at, beside, within, oneOf, fields }] of Object.entries(places)) {
  test(`${type}: every field has its fate`, () => {
    assert.deepEqual(Object.keys(fields).sort(), Object.keys(podSchema[type] ?? {}).sort());
  });
  for (const [field, each] of Object.entries(fields)) {
    const { fate, sample } = each;
    const path = pathText([...at, field]);
    test(`${path} is ${fate}`, () => {
      const others = oneOf?.includes(field) ? oneOf : [];
      const without = Object.fromEntries(
        Object.entries(('beside' in each ? each.beside : beside) ?? {}).filter(
          ([name]) => !others.includes(name),
        ),
      );
      const result = decode(manifestWith(at, { ...without, [field]: sample }, within));
      if (fate === 'refused') {
        assert.ok(!result.ok, 'it was accepted');
        const told = each.fate === 'refused' ? (each.told ?? path) : path;
        assert.ok(result.message.includes(`${told}: Forbidden: `), result.message);
        return;
      }
      assert.ok(result.ok && result.pod, result.ok ? '' : result.message);
      const told = result.warnings.filter((warning) => warning.startsWith(`${path}: Ignored: `));
      assert.equal(told.length, fate === 'ignored' ? 1 : 0, result.warnings.join());
      if (fate === 'ignored') {
        const strict = decode(manifestWith(at, { ...without, [field]: sample }, within), 'strict');
        assert.ok(!strict.ok && strict.message.includes(`${path}: Ignored: `), 'strict decoding accepted it');
      }
      if (each.fate === 'acted on')
        assert.ok(existsSync(join(sources, each.where)), `${each.where} is no file`);
      if (fate !== 'requested') return;
      const base = decode(manifestWith(at, without, within));
      assert.ok(base.ok && base.pod, base.ok ? '' : base.message);
      assert.notDeepEqual(requests(result.pod), requests(base.pod), 'the runtime is asked for the same');
    });
  }
}

test('init containers are refused the same fields; a restartPolicy there would make a sidecar', () => {
  for (const [field, { fate, sample }] of Object.entries(places.Container?.fields ?? {})) {
    if (fate !== 'refused') continue;
    const at = ['spec', 'initContainers', 0];
    const result = decode(manifestWith(at, { name: 'i', image: 'a', [field]: sample }));
    assert.ok(!result.ok, `${field} was accepted`);
    assert.match(result.message, new RegExp(`^spec\\.initContainers\\[0\\]\\.${field}: Forbidden: `));
  }
});

test('no type that can be reached by an accepted field is forgotten', () => {
  for (const [type, { fields }] of Object.entries(places)) {
    for (const [field, { fate }] of Object.entries(fields)) {
      const reached = (podSchema[type]?.[field] ?? '').replaceAll(/[[\]!]|map:/g, '');
      if (fate === 'refused' || fate === 'ignored' || podSchema[reached] === undefined) continue;
      assert.ok(
        reached in places || carriedTypes.includes(reached),
        `${type}.${field} is of type ${reached}`,
      );
    }
  }
});

/** A manifest of one container and one volume, with `object` at `at`. */
function manifestWith(at: (string | number)[], object: object, within?: Place['within']): object {
  // Rules have to stand beside a policy, and exit codes in a rule.
  const restarts = {
    restartPolicy: 'Never',
    restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
  };
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'u' },
    spec: {
      volumes: [{ name: 'v' }],
      containers: [{ name: 'main', image: 'a', env: [{ name: 'A' }], ...restarts }],
    },
  };
  return merged(within ? merged(manifest, within.at, within.object) : manifest, at, object);
}

/** `target` with `object` merged into what is at the path; a list there gets one element. */
function merged(target: unknown, [key, ...rest]: (string | number)[], object: object): object {
  const own: Record<string | number, unknown> = Object(target);
  if (key === undefined) return { ...own, ...object };
  const inner = merged(own[key], rest, object);
  return typeof key === 'number' ? [inner] : { ...own, [key]: inner };
}

function pathText(path: (string | number)[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1);
}

function decode(
  manifest: object,
  validate: 'strict' | 'warn' = 'warn',
): ReturnType<typeof decodeManifest>[number] {
  const options = { nodeName: 'n', file: '/f', seen: new Date(0), validate };
  const [decoded] = decodeManifest(JSON.stringify(manifest), options);
  assert.ok(decoded);
  return decoded;
}

/** Objects of every name, with the keys that samples ask for. */
const objects: Objects = {
  configMap: (namespace, name) => testObject({ namespace, name }),
  secret: (namespace, name) => ({ ...testObject({ namespace, name }), type: 'Opaque' }),
};

function testObject({ namespace, name }: { namespace: string; name: string }): ConfigMap {
  const data = new Map(['k', 'other'].map((key) => [key, Buffer.from(`${key} of ${namespace}/${name}`)]));
  return { namespace, name, resourceVersion: '1', immutable: false, data };
}

/** All that the runtime would be asked for, and the hosts file that goes with it. */
function requests(pod: Pod): unknown {
  const options = testOptions();
  const [container] = pod.spec.containers;
  assert.ok(container);
  const dns = {
    host: { servers: ['192.0.2.1'], searches: ['host'], options: [] },
    clusterDns: ['192.0.2.2'],
    clusterDomain: 'c',
    nodeIps: [],
  };
  const node = { cpus: 4, memoryBytes: 2 ** 30, ephemeralStorageBytes: 2 ** 30 };
  const mounts = container.volumeMounts ?? [];
  return [
    sandboxConfig(pod, 0, { options, dns, cgroupParent: '' }),
    containerConfig(
      pod,
      container,
      {
        restartCount: 0,
        image: { ref: container.image, user: { uid: 0n, username: '' } },
        devices: undefined,
        place: {
          hostIps: ['192.0.2.1'],
          podIps: ['10.0.0.2'],
          node,
          objects,
          envFile: (volume, path) => ({
            path,
            content: Buffer.from(`k='in ${volume}/${path}'\nother='x'\n`),
          }),
        },
        volumeGroups: [],
        volumeDevices: [],
        mountSources: new Map(
          mounts.map(({ mountPath, name }) => [
            mountPath,
            { from: 'node' as const, hostPath: `/volumes/${name}`, isReadOnly: false, isRelabelled: false },
          ]),
        ),
        canMountRecursivelyReadOnly: true,
        hostsFile: '/hosts',
        terminationLog: '/log',
        cgroups: testCgroupNode(),
        maskedPaths: [],
        isSELinuxEnabled: true,
        ids: pod.spec.hostUsers === false ? { firstId: 65_536, length: 65_536 } : undefined,
      },
      options,
    ),
    podHosts(['10.0.0.2'], podHostname(pod), pod.spec.subdomain ?? '', pod.spec.hostAliases ?? []),
  ];
}
