// A program with the credentials of a registry is asked with the token of the pod's service account.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import { startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { htpasswd, pushImage, testUser } from '@berth/test-support/image-registry.ts';
import { busyboxLayer } from '@berth/test-support/images.ts';
import { startRegistry } from '@berth/test-support/registry.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady, podIsReady } from './objects.ts';

const cluster = await testCluster();
const { admin, kubectl } = cluster;
const scratch = scratchDir('providers');
const audience = 'registry.test';
const host = await privateRegistry();

/** A registry that wants a user, with the image team/app:1. */
async function privateRegistry(): Promise<string> {
  const layout = join(scratch.path, 'layout');
  await writeOciLayout({
    dir: layout,
    name: 'app',
    layers: [busyboxLayer()],
    config: { Env: ['PATH=/bin'] },
  });
  const open = await startRegistry(scratch.path);
  await pushImage(open.host, { layout, name: 'app', repository: 'team/app', tag: '1' });
  await open.stop();
  const users = join(scratch.path, 'htpasswd');
  writeFileSync(users, htpasswd);
  const registry = await startRegistry(scratch.path, { htpasswd: users });
  after(async () => {
    await registry.stop();
    scratch[Symbol.dispose]();
  });
  return registry.host;
}

/** Writes a provider that notes what it is asked; gives back the flags, and the file with the questions. */
function provider(name: string): { flags: string[]; asked: string } {
  const dir = join(scratch.path, name);
  mkdirSync(dir);
  const [program, asked, config] = [join(dir, 'helper'), join(dir, 'asked'), join(dir, 'providers.yaml')];
  const answer = {
    kind: 'CredentialProviderResponse',
    apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
    cacheKeyType: 'Registry',
    cacheDuration: '10m',
    auth: { [host]: testUser },
  };
  writeFileSync(
    program,
    // The real kubelet's PATH is not that of the tests.
    `#!/bin/sh\nPATH=/usr/bin:/bin\ncat >> ${asked}\necho >> ${asked}\necho "$WORD" >&2\necho '${JSON.stringify(answer)}'\n`,
  );
  chmodSync(program, 0o700);
  writeFileSync(
    config,
    `apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: helper
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  matchImages: ["127.*.0.1:${host.split(':')[1]}"]
  defaultCacheDuration: 1m
  env: [{name: WORD, value: told}]
  tokenAttributes:
    serviceAccountTokenAudience: ${audience}
    cacheType: ServiceAccount
    requireServiceAccount: true
    requiredServiceAccountAnnotationKeys: [example.test/team]
`,
  );
  const flags = [
    `--image-credential-provider-config=${config}`,
    `--image-credential-provider-bin-dir=${dir}`,
  ];
  return { flags, asked };
}

/** Nodes may ask for tokens with this audience. */
async function allowAudience(): Promise<void> {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: 'registry-tokens' };
  const [apiGroup, kind] = ['rbac.authorization.k8s.io', 'ClusterRole'];
  await kubectl.apply(
    {
      apiVersion,
      kind,
      metadata,
      rules: [{ apiGroups: [''], resources: [audience], verbs: ['request-serviceaccounts-token-audience'] }],
    },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup, kind, name: metadata.name },
      subjects: [{ apiGroup, kind: 'Group', name: 'system:nodes' }],
    },
  );
}

function serviceAccount(name: string, annotations: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, annotations } };
}

function pod(name: string, nodeName: string, serviceAccountName: string): object {
  const command = ['/bin/sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1 & wait $!; done'];
  const containers = [{ name: 'main', image: `${host}/team/app:1`, imagePullPolicy: 'Always', command }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { nodeName, serviceAccountName, containers },
  };
}

for (const kubelet of kubelets) {
  test(`${kubelet} kubelet: pulls with what a credential provider answers`, async () => {
    const name = `${kubelet}-cp`;
    await allowAudience();
    await kubectl.apply(
      serviceAccount('puller', { 'example.test/team': 'blue', 'example.test/other': 'x' }),
      serviceAccount('plain', {}),
    );
    const { flags, asked } = provider(name);
    await using node = await startNode({ cluster, name, kubelet, flags });
    await nodeIsReady(cluster, name);

    await kubectl.apply(pod(`${name}-plain`, name, 'plain'));
    await until('it is refused', async () => {
      const found = await admin.get(`/api/v1/namespaces/default/pods/${name}-plain`);
      return /ErrImagePull|ImagePullBackOff/.test(JSON.stringify(found));
    });
    assert.ok(!existsSync(asked), 'an account without the annotation is not asked for');

    for (const each of [`${name}-first`, `${name}-second`]) {
      await kubectl.apply(pod(each, name, 'puller'));
      await podIsReady(cluster, each);
    }
    const questions = readFileSync(asked, 'utf8').trim().split(/\n+/);
    assert.equal(questions.length, 1, 'the answer is for every image of the registry');
    const question = JSON.parse(questions[0] ?? '');
    assert.equal(question.kind, 'CredentialProviderRequest');
    assert.equal(question.image, `${host}/team/app`);
    assert.deepEqual(question.serviceAccountAnnotations, { 'example.test/team': 'blue' });
    const [, claims = ''] = question.serviceAccountToken.split('.');
    const { aud, sub, 'kubernetes.io': about } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    assert.deepEqual([aud, sub], [[audience], 'system:serviceaccount:default:puller']);
    assert.equal(about.pod.name, `${name}-first`);

    const metrics = await (await fetch(`http://127.0.0.1:${node.readOnlyPort}/metrics`)).text();
    assert.match(metrics, /^kubelet_credential_provider_config_info\{hash="sha256:[0-9a-f]{64}"\} 1$/m);
    assert.match(metrics, /^kubelet_credential_provider_plugin_duration_count\{plugin_name="helper"\} 1$/m);
    await kubectl.run(['delete', 'pod', `${name}-plain`, `${name}-first`, `${name}-second`]);
    await admin.delete(`/api/v1/nodes/${name}`);
  });
}
