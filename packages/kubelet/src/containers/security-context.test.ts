import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NamespaceMode, SecurityProfile_ProfileType as Profile } from '@berth/cri/generated/api.ts';
import type { PodSpec, SecurityContext } from '../api/pod.ts';
import type { ImageUser } from '../kubecontainer/present-image.ts';
import { testPod } from '../testing/pod.ts';
import { containerSecurityContext } from './security-context.ts';

const root: ImageUser = { uid: 0n, username: '' };

function effective(
  securityContext: SecurityContext,
  spec: Partial<PodSpec> = {},
  user: ImageUser = root,
  seccompDefault = false,
  annotations: Record<string, string> = {},
) {
  const containers = [{ name: 'a', securityContext }];
  const pod = testPod({ ...spec, containers, initContainers: [] }, { annotations });
  const [container] = pod.spec.containers;
  assert.ok(container);
  const seccomp = { default: seccompDefault, profileRoot: '/seccomp' };
  return containerSecurityContext(pod, container, user, {
    ids: undefined,
    volumeGroups: [1001n],
    maskedPaths: ['/proc/a'],
    seccomp,
  });
}

test('nothing said', () => {
  const context = effective({});
  assert.deepEqual(context.runAsUser, { value: 0n });
  assert.equal(context.privileged, false);
  assert.equal(context.noNewPrivs, false);
  assert.deepEqual(context.maskedPaths, ['/proc/a']);
  assert.deepEqual(context.seccomp, { profileType: Profile.Unconfined });
  assert.deepEqual(context.namespaceOptions, {
    network: NamespaceMode.POD,
    pid: NamespaceMode.CONTAINER,
    ipc: NamespaceMode.POD,
    usernsOptions: { mode: NamespaceMode.NODE, uids: [], gids: [] },
  });
});

test("the container's settings go before its pod's", () => {
  const ofPod = { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4, 5] };
  const inherited = effective({}, { securityContext: ofPod });
  assert.deepEqual(inherited.runAsUser, { value: 1n });
  assert.deepEqual(inherited.runAsGroup, { value: 2n });
  assert.deepEqual(inherited.supplementalGroups, [3n, 4n, 5n, 1001n]);
  const own = effective({ runAsUser: 10, runAsGroup: 20 }, { securityContext: ofPod });
  assert.deepEqual(own.runAsUser, { value: 10n });
  assert.deepEqual(own.runAsGroup, { value: 20n });
});

test('capabilities, privilege and read-only root', () => {
  const context = effective({
    capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
    privileged: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: true,
  });
  assert.deepEqual(context.capabilities, { addCapabilities: ['NET_ADMIN'], dropCapabilities: ['ALL'] });
  assert.equal(context.privileged, true);
  assert.equal(context.readonlyRootfs, true);
  assert.equal(context.noNewPrivs, false);
  assert.equal(effective({ allowPrivilegeEscalation: false }).noNewPrivs, true);
});

test('an image user that is a name is passed on by name', () => {
  const context = effective({}, {}, { username: 'nginx' });
  assert.equal(context.runAsUser, undefined);
  assert.equal(context.runAsUsername, 'nginx');
  assert.equal(effective({ runAsUser: 5 }, {}, { username: 'nginx' }).runAsUsername, '');
});

const profiles: [
  title: string,
  own: SecurityContext,
  ofPod: PodSpec['securityContext'],
  byDefault: boolean,
  want: object,
][] = [
  ['none', {}, {}, false, { profileType: Profile.Unconfined }],
  ['none, with seccompDefault', {}, {}, true, { profileType: Profile.RuntimeDefault }],
  [
    "the pod's",
    {},
    { seccompProfile: { type: 'RuntimeDefault' } },
    false,
    { profileType: Profile.RuntimeDefault },
  ],
  [
    "the container's",
    { seccompProfile: { type: 'Unconfined' } },
    { seccompProfile: { type: 'RuntimeDefault' } },
    true,
    { profileType: Profile.Unconfined },
  ],
  [
    'a file',
    { seccompProfile: { type: 'Localhost', localhostProfile: 'a/b.json' } },
    {},
    false,
    { profileType: Profile.Localhost, localhostRef: '/seccomp/a/b.json' },
  ],
];
for (const [title, own, ofPod, byDefault, want] of profiles) {
  test(`seccomp profile: ${title}`, () => {
    assert.deepEqual(effective(own, { securityContext: ofPod }, root, byDefault).seccomp, want);
  });
}

test('procMount Unmasked hides and protects nothing', () => {
  const { maskedPaths, readonlyPaths } = effective({ procMount: 'Unmasked' }, { hostUsers: false });
  assert.deepEqual([maskedPaths, readonlyPaths], [[], []]);
  assert.deepEqual(effective({ procMount: 'Default' }).maskedPaths, ['/proc/a']);
});

const appArmorProfiles: [
  title: string,
  own: SecurityContext,
  ofPod: PodSpec['securityContext'],
  annotation: string | undefined,
  want: string | undefined,
][] = [
  ['none', {}, {}, undefined, undefined],
  ["the pod's", {}, { appArmorProfile: { type: 'RuntimeDefault' } }, undefined, 'runtime/default'],
  [
    'annotation before the pod',
    {},
    { appArmorProfile: { type: 'RuntimeDefault' } },
    'unconfined',
    'unconfined',
  ],
  [
    'own before annotation',
    { appArmorProfile: { type: 'Localhost', localhostProfile: 'mine' } },
    {},
    'unconfined',
    'localhost/mine',
  ],
  ['an annotation that is no profile', {}, {}, 'mine', undefined],
  ['an annotation of the node', {}, {}, 'localhost/mine', 'localhost/mine'],
];
for (const [title, own, ofPod, annotation, want] of appArmorProfiles) {
  test(`AppArmor profile: ${title}`, () => {
    const context = effective(own, { securityContext: ofPod }, root, false, {
      ...(annotation && { 'container.apparmor.security.beta.kubernetes.io/a': annotation }),
    });
    assert.equal(context.apparmorProfile, want);
    const [, localhostRef] = want?.split('/', 2) ?? [];
    if (want?.startsWith('localhost')) {
      assert.deepEqual(context.apparmor, { profileType: Profile.Localhost, localhostRef });
    } else if (want !== undefined) {
      const profileType = want === 'unconfined' ? Profile.Unconfined : Profile.RuntimeDefault;
      assert.deepEqual(context.apparmor, { profileType });
    }
  });
}

const nonRoot: [title: string, own: SecurityContext, image: ImageUser, error: RegExp | undefined][] = [
  [
    'image runs as root',
    {},
    root,
    /runAsNonRoot and image will run as root \(pod: "p_default\(u\)", container: a\)/,
  ],
  ['image names its user', {}, { username: 'web' }, /non-numeric user \(web\), cannot verify/],
  ['image has a user beyond all', {}, { uid: 2n ** 31n, username: '' }, /invalid user id \(2147483648\)/],
  ['image has a numeric user', {}, { uid: 1000n, username: '' }, undefined],
  ['runAsUser is root', { runAsUser: 0 }, { uid: 1000n, username: '' }, /runAsUser breaks non-root policy/],
  ['runAsUser is not root', { runAsUser: 1 }, root, undefined],
  ['the container may', { runAsNonRoot: false }, root, undefined],
];
for (const [title, own, image, error] of nonRoot) {
  test(`runAsNonRoot when ${title}: ${error ? 'refused' : 'runs'}`, () => {
    const run = () => effective(own, { securityContext: { runAsNonRoot: true } }, image);
    if (error) assert.throws(run, error);
    else run();
  });
}
