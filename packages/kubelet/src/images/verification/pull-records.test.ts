import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import type { ImageVerification } from './policy.ts';
import { type PullCheck, PullRecords } from './pull-records.ts';
import { type PodProof, podProof } from './pulled-record.ts';
import { countPullFiles, PullRecordFiles } from './record-files.ts';

const image = 'a.example/app:1';
const id = 'sha256:1';
const entry = { registry: 'a.example', username: 'u', password: 'p', email: '' };
const credentials = { ...entry, secret: { namespace: 'n', name: 's' } };
const right = async (): Promise<PodProof> => podProof([credentials]);
const none = async (): Promise<PodProof> => podProof([]);

let root: string;
let checks: PullCheck[];
let restoreLog: () => void;
beforeEach(() => {
  checks = [];
  root = mkdtempSync(join(tmpdir(), 'kubelet-pulls-'));
  restoreLog = redirectLog(() => {});
});
afterEach(() => {
  rmSync(root, { recursive: true });
  restoreLog();
});

function records(
  present: { id: string; repoTags?: string[] }[] = [{ id, repoTags: [image] }],
  policy: ImageVerification['policy'] = 'NeverVerifyPreloadedImages',
): PullRecords {
  const images = present.map((each) => ({
    repoTags: [],
    repoDigests: [],
    size: 0n,
    uid: undefined,
    username: '',
    spec: undefined,
    pinned: false,
    ...each,
  }));
  const client = { listImages: async () => ({ images }) };
  return new PullRecords({
    files: new PullRecordFiles(root),
    client,
    verification: { policy, allowlist: [] },
    metrics: { checked: (result) => void checks.push(result) },
  });
}

const files = (folder: 'pulled' | 'pulling') => readdirSync(join(root, 'image_manager', folder));

async function pull(each: PullRecords, used: typeof credentials | undefined): Promise<void> {
  await using intent = await each.intend(image);
  assert.equal(files('pulling').length, 1);
  await intent.pulled(id, used);
}

test('an image that was on the node is for everybody, one that a Secret pulled is not', async () => {
  const each = records();
  assert.equal(await each.mustPull(image, id, none), false);
  await pull(each, credentials);
  assert.equal(await each.mustPull(image, id, none), true);
  assert.equal(await each.mustPull(image, id, right), false);
  assert.deepEqual(checks, ['credentialPolicyAllowed', 'mustAuthenticate', 'credentialRecordFound']);
  assert.deepEqual(countPullFiles(root), { intents: 0, records: 1 });
  assert.deepEqual(files('pulling'), []);
  const [name = ''] = files('pulled');
  const path = join(root, 'image_manager/pulled', name);
  assert.match(name, /^sha256-[0-9a-f]{64}$/);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(root, 'image_manager/pulled')).mode & 0o777, 0o700);
  assert.doesNotMatch(readFileSync(path, 'utf8'), /"p"/);
  assert.equal(await records().mustPull(image, id, none), true, 'the next kubelet knows it');
});

test('what was pulled without credentials is for everybody', async () => {
  const each = records();
  await pull(each, undefined);
  assert.equal(await each.mustPull(image, id, none), false);
});

test('an image that is being pulled is not for everybody yet', async () => {
  const each = records();
  await using first = await each.intend(image);
  {
    await using second = await each.intend(image);
    assert.ok(second);
  }
  assert.equal(files('pulling').length, 1, 'the other pull goes on');
  assert.equal(await each.mustPull(image, id, none), true);
  assert.ok(first);
});

test('a pull of a killed kubelet leaves an image that everybody has to prove', async () => {
  await records().intend(image);
  assert.equal(files('pulling').length, 1);
  const next = records();
  assert.equal(await next.mustPull(image, id, right), true);
  assert.deepEqual([files('pulling').length, files('pulled').length], [0, 1]);
});

test('records of images that are gone are dropped', async () => {
  await pull(records(), credentials);
  assert.equal(await records([{ id: 'sha256:2' }]).mustPull('b', 'sha256:2', none), false);
  assert.deepEqual(files('pulled'), []);
});

test('a record that cannot be read makes everybody pull', async () => {
  const each = records();
  await pull(each, undefined);
  const [name = ''] = files('pulled');
  writeFileSync(join(root, 'image_manager/pulled', name), '{');
  assert.equal(await each.mustPull(image, id, none), true);
  assert.deepEqual(checks, ['error']);
  await pull(each, undefined);
  assert.equal(await each.mustPull(image, id, none), false);
});

test('a Secret that is learnt is recorded', async () => {
  const each = records();
  await pull(each, credentials);
  const other = async () => podProof([{ ...credentials, secret: { namespace: 'm', name: 't' } }]);
  assert.equal(await each.mustPull(image, id, other), false);
  const [name = ''] = files('pulled');
  assert.match(readFileSync(join(root, 'image_manager/pulled', name), 'utf8'), /"namespace":"m","name":"t"/);
});

test('policies', async () => {
  assert.equal(await records(undefined, 'AlwaysVerify').mustPull(image, id, none), true);
  await pull(records(), credentials);
  assert.equal(await records(undefined, 'NeverVerify').mustPull(image, id, none), false);
});
