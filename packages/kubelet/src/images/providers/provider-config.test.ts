import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultCacheMs, parseProviderConfig } from './provider-config.ts';
import { providersProblem } from './validate-config.ts';

const provider = {
  name: 'helper',
  matchImages: ['*.example'],
  defaultCacheDuration: '10m',
  apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
};
const tokens = { serviceAccountTokenAudience: 'registry', cacheType: 'Token', requireServiceAccount: true };

function file(...providers: object[]): string {
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1',
    kind: 'CredentialProviderConfig',
    providers,
  });
}

test('a configuration is read with its defaults', () => {
  const [read] = parseProviderConfig(file({ ...provider, tokenAttributes: tokens }));
  assert.deepEqual(read, {
    ...provider,
    args: [],
    env: [],
    tokenAttributes: {
      ...tokens,
      requiredServiceAccountAnnotationKeys: [],
      optionalServiceAccountAnnotationKeys: [],
    },
  });
  assert.equal(read && defaultCacheMs(read), 600_000);
});

const unreadable: readonly (readonly [string, string, RegExp])[] = [
  [
    'an unknown field',
    file({ ...provider, odd: 1 }),
    /^strict decoding error: unknown field "providers\[0\]\.odd"$/,
  ],
  ['another kind', '{"apiVersion":"v1","kind":"Pod"}', /^no kind "Pod" is registered for version "v1"/],
  ['no kind', '{}', /^Object 'Kind' is missing in '?{}/],
  ['no object', '[]', /^couldn't get version\/kind/],
  ['a number as name', file({ ...provider, name: 1 }), /providers\[0\]\.name: must be a string/],
  [
    'a duration without unit',
    file({ ...provider, defaultCacheDuration: '5' }),
    /missing unit in duration "5"/,
  ],
];
for (const [what, text, message] of unreadable) {
  test(`refuses ${what}`, () => assert.throws(() => parseProviderConfig(text), { message }));
}

const problems: readonly (readonly [object, string])[] = [
  [{ name: 'a/b' }, `providers.name: Invalid value: "a/b": provider name cannot contain '/'`],
  [{ name: 'a b' }, 'providers.name: Invalid value: "a b": provider name cannot contain spaces'],
  [{ name: '..' }, `providers.name: Invalid value: "..": provider name cannot be '..'`],
  [{ apiVersion: '' }, 'providers.apiVersion: Required value'],
  [
    { apiVersion: 'v1' },
    'providers.apiVersion: Unsupported value: "v1": supported values: "credentialprovider.kubelet.k8s.io/v1", "credentialprovider.kubelet.k8s.io/v1alpha1", "credentialprovider.kubelet.k8s.io/v1beta1"',
  ],
  [{ matchImages: [] }, 'providers.matchImages: Required value: at least 1 item in matchImages is required'],
  [
    { matchImages: ['%invalid%'] },
    'providers.matchImages: Invalid value: "%invalid%": match image is invalid: parse "https://%invalid%": invalid URL escape "%in"',
  ],
  [{ defaultCacheDuration: undefined }, 'providers.defaultCacheDuration: Required value'],
  [
    { defaultCacheDuration: '-1m' },
    'providers.defaultCacheDuration: Invalid value: "-1m0s": must be greater than or equal to 0',
  ],
  [
    { tokenAttributes: { ...tokens, serviceAccountTokenAudience: '' } },
    'providers.tokenAttributes.serviceAccountTokenAudience: Required value',
  ],
  [
    { tokenAttributes: { ...tokens, requireServiceAccount: undefined } },
    'providers.tokenAttributes.requireServiceAccount: Required value',
  ],
  [
    {
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1beta1',
      tokenAttributes: tokens,
    },
    'providers.tokenAttributes: Forbidden: tokenAttributes is only supported for credentialprovider.kubelet.k8s.io/v1 API version',
  ],
  [
    { tokenAttributes: { ...tokens, cacheType: '' } },
    'providers.tokenAttributes.cacheType: Required value: cacheType is required to be set when tokenAttributes is specified. Supported values are: ServiceAccount, Token',
  ],
  [
    { tokenAttributes: { ...tokens, cacheType: 'x' } },
    'providers.tokenAttributes.cacheType: Unsupported value: "x": supported values: "ServiceAccount", "Token"',
  ],
  [
    {
      tokenAttributes: {
        ...tokens,
        requiredServiceAccountAnnotationKeys: ['a'],
        optionalServiceAccountAnnotationKeys: ['a'],
      },
    },
    'providers.tokenAttributes: Invalid value: ["a"]: annotation keys cannot be both required and optional',
  ],
  [
    {
      tokenAttributes: {
        ...tokens,
        requireServiceAccount: false,
        requiredServiceAccountAnnotationKeys: ['a'],
      },
    },
    'providers.tokenAttributes.requiredServiceAccountAnnotationKeys: Forbidden: requireServiceAccount cannot be false when requiredServiceAccountAnnotationKeys is set',
  ],
  [
    { name: '.', apiVersion: '' },
    `[providers.name: Invalid value: ".": provider name cannot be '.', providers.apiVersion: Required value]`,
  ],
];
for (const [change, problem] of problems) {
  test(`validation: ${problem}`, () => {
    assert.equal(providersProblem(parseProviderConfig(file({ ...provider, ...change }))), problem);
  });
}

test('a good provider has no problem; none are one', () => {
  assert.equal(
    providersProblem(parseProviderConfig(file({ ...provider, tokenAttributes: tokens }))),
    undefined,
  );
  assert.equal(providersProblem([]), 'providers: Required value: at least 1 item in plugins is required');
});
