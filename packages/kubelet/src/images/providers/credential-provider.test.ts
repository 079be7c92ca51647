import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/pod.ts';
import { redirectLog } from '../../klog/klog.ts';
import { testPod } from '../../testing/pod.ts';
import { CredentialProvider, type CredentialProviderPorts } from './credential-provider.ts';
import type { ProviderConfig, TokenAttributes } from './provider-config.ts';

redirectLog(() => {});

const image = 'registry.example/team/app';
const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
const tokens: TokenAttributes = {
  serviceAccountTokenAudience: 'registry',
  cacheType: 'ServiceAccount',
  requireServiceAccount: true,
  requiredServiceAccountAnnotationKeys: ['team'],
  optionalServiceAccountAnnotationKeys: ['more'],
};

/** A provider whose program gives `answer`, with what the program was asked. */
function provider(
  answer: object,
  config: Partial<ProviderConfig> = {},
  accounts?: CredentialProviderPorts['accounts'],
): { asked: Record<string, unknown>[]; provide: (pod: Pod, name?: string) => Promise<unknown> } {
  const asked: Record<string, unknown>[] = [];
  const made = new CredentialProvider(
    {
      name: 'helper',
      matchImages: ['*.example'],
      defaultCacheDuration: '0s',
      apiVersion,
      args: [],
      env: [],
      tokenAttributes: undefined,
      ...config,
    },
    {
      run: async ({ text }) => {
        asked.push(JSON.parse(text));
        return JSON.stringify({ kind: 'CredentialProviderResponse', apiVersion, ...answer });
      },
      accounts,
    },
  );
  return { asked, provide: (pod, name = image) => made.provide(pod, name) };
}

const auth = { 'registry.example': { username: 'u', password: 'p' } };
const entry = { registry: 'registry.example', username: 'u', password: 'p', email: '' };
const found = { entries: [entry], serviceAccount: undefined };
const nothing = { entries: [], serviceAccount: undefined };
const pod = testPod({ containers: [], serviceAccountName: 'puller' });

test('the program is asked about images that match', async () => {
  const { asked, provide } = provider({ cacheKeyType: 'Image', auth });
  assert.deepEqual(await provide(pod), found);
  assert.deepEqual(asked, [{ kind: 'CredentialProviderRequest', apiVersion, image }]);
  assert.deepEqual(await provide(pod, 'other.test/app'), nothing);
  assert.deepEqual(await provide(pod), found);
  assert.equal(asked.length, 2, 'without a duration nothing is kept');
});

const kept: readonly (readonly [string, string, number])[] = [
  ['Image', 'registry.example/team/app', 1],
  ['Image', 'registry.example/team/other', 2],
  ['Registry', 'registry.example/team/other', 1],
  ['Registry', 'second.example/team/other', 2],
  ['Global', 'second.example/team/other', 1],
];
for (const [cacheKeyType, second, runs] of kept) {
  test(`an answer for ${cacheKeyType} is ${runs === 1 ? 'good' : 'not good'} for ${second}`, async () => {
    const { asked, provide } = provider({ cacheKeyType, cacheDuration: '5m', auth });
    await provide(pod);
    await provide(pod, second);
    assert.equal(asked.length, runs);
  });
}

test('a duration of 0 keeps nothing whatever is configured', async () => {
  const { asked, provide } = provider(
    { cacheKeyType: 'Image', cacheDuration: '0s', auth },
    { defaultCacheDuration: '5m' },
  );
  await provide(pod);
  await provide(pod);
  assert.equal(asked.length, 2);
});

test('concurrent questions about one image are one', async () => {
  const { asked, provide } = provider({ cacheKeyType: 'Image', auth });
  await Promise.all([provide(pod), provide(pod)]);
  assert.equal(asked.length, 1);
});

const refused: readonly (readonly [string, object])[] = [
  ['of another version', { apiVersion: 'v9', cacheKeyType: 'Image', auth }],
  ['of another kind', { kind: 'Pod', cacheKeyType: 'Image', auth }],
  ['without a type of key', { auth }],
  ['with a wrong password', { cacheKeyType: 'Image', auth: { a: { username: 'u', password: 1 } } }],
];
for (const [what, answer] of refused) {
  test(`nothing comes of an answer ${what}`, async () => {
    assert.deepEqual(await provider(answer).provide(pod), nothing);
  });
}

const account = { uid: 'sa-1', annotations: { team: 'blue', other: 'x' } };
const accounts: CredentialProviderPorts['accounts'] = {
  account: async () => account,
  token: async (_pod, request) => JSON.stringify(request),
};

test('the token and the annotations of the service account go to the program', async () => {
  const { asked, provide } = provider(
    { cacheKeyType: 'Image', cacheDuration: '5m', auth },
    { tokenAttributes: tokens },
    accounts,
  );
  const serviceAccount = { uid: 'sa-1', namespace: 'default', name: 'puller' };
  assert.deepEqual(await provide(pod), { entries: [entry], serviceAccount });
  const [first] = asked;
  assert.deepEqual(first?.['serviceAccountAnnotations'], { team: 'blue' });
  assert.deepEqual(JSON.parse(String(first?.['serviceAccountToken'])), {
    audience: 'registry',
    expirationSeconds: 3600,
    serviceAccountUid: 'sa-1',
  });
  await provide(pod);
  assert.equal(asked.length, 1, 'kept for the account');
});

test('what is kept by token is not good for another token', async () => {
  let issued = 0;
  const { asked, provide } = provider(
    { cacheKeyType: 'Image', cacheDuration: '5m', auth },
    { tokenAttributes: { ...tokens, cacheType: 'Token' } },
    { ...accounts, token: async () => `token ${issued++}` },
  );
  await provide(pod);
  await provide(pod);
  assert.equal(asked.length, 2);
});

test('without a required annotation, without an account or a cluster nothing is asked', async () => {
  const bare = { ...accounts, account: async () => ({ uid: 'u', annotations: {} }) };
  for (const [each, of] of [
    [provider({ cacheKeyType: 'Image', auth }, { tokenAttributes: tokens }, bare), pod],
    [
      provider({ cacheKeyType: 'Image', auth }, { tokenAttributes: tokens }, accounts),
      testPod({ containers: [] }),
    ],
    [provider({ cacheKeyType: 'Image', auth }, { tokenAttributes: tokens }), pod],
  ] as const) {
    assert.deepEqual(await each.provide(of), nothing);
    assert.equal(each.asked.length, 0);
  }
});

test('an optional service account may be missing', async () => {
  const tokenAttributes = { ...tokens, requireServiceAccount: false };
  const { provide } = provider({ cacheKeyType: 'Image', auth }, { tokenAttributes }, accounts);
  assert.deepEqual(await provide(testPod({ containers: [] })), found);
});

test('the token as password is refused, unless it is kept by token', async () => {
  const echoing = { ...accounts, token: async () => 'p' };
  const answer = { cacheKeyType: 'Image', auth };
  assert.deepEqual(await provider(answer, { tokenAttributes: tokens }, echoing).provide(pod), nothing);
  const byToken = { ...tokens, cacheType: 'Token' };
  const { entries } = (await provider(answer, { tokenAttributes: byToken }, echoing).provide(pod)) as {
    entries: unknown[];
  };
  assert.deepEqual(entries, [entry]);
});
