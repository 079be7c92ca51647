import assert from 'node:assert/strict';
import { constants, createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { elements } from '../../testing/der-elements.ts';
import { makePodKey, proofOfPossession, publicKey, stubRequest } from './pod-key.ts';

const types: readonly (readonly [string, string | null])[] = [
  ['ED25519', null],
  ['ECDSAP256', 'sha256'],
  ['ECDSAP384', 'sha384'],
  ['ECDSAP521', 'sha512'],
  ['RSA3072', 'sha384'],
  ['RSA4096', 'sha512'],
];
for (const [type, digest] of types) {
  test(`a request with a key of type ${type} proves that the key is here`, async () => {
    const key = await makePodKey(type);
    const open = createPublicKey(key);
    const [request] = elements(stubRequest(key));
    const [info, , signature] = elements(request?.content ?? Buffer.alloc(0));
    assert.ok(info && signature);
    // The first octet of a BIT STRING is the number of unused bits.
    assert.ok(verify(digest, info.whole, open, signature.content.subarray(1)));
    const [version, subject, spki, attributes] = elements(info.content);
    assert.deepEqual(
      [version?.content, subject?.content, attributes?.content].map((each) => each?.toString('hex')),
      ['00', '', ''],
    );
    assert.deepEqual(spki?.whole, publicKey(key));
    const proof = proofOfPossession(key, 'uid-1');
    const isPss = type.startsWith('RSA');
    const verifier = isPss ? { key: open, padding: constants.RSA_PKCS1_PSS_PADDING } : open;
    assert.ok(verify(type === 'ED25519' ? null : 'sha256', Buffer.from('uid-1'), verifier, proof));
  });
}

test('other types are refused', async () => {
  await assert.rejects(makePodKey('DSA'), { message: 'while generating keypair: unknown key type "DSA"' });
});
