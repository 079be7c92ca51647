import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import { elements } from '../../testing/der-elements.ts';
import { pemBlocks } from '../../x509/pem.ts';
import { clientTemplate } from './certificate-template.ts';
import { requestName } from './request-name.ts';
import { asksFor, signingRequest } from './signing-request.ts';

/** Made for these tests. */
const key = createPrivateKey(`-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIEXOHi+UeaZl7AAmBzlIoIl+T55FfbgYhvxp3sg4MaVooAoGCCqGSM49
AwEHoUQDQgAE0F4JZ7WSwm2wah1PtrX1kSSXfX2f0gWSnoNmDO8jr/5zi7xvNSnt
pewwRTUnYj9uTEPlqLElkx9qkl/FR8Njig==
-----END EC PRIVATE KEY-----
`);

const client = clientTemplate('node-1');
const serving = {
  ...client,
  dnsNames: ['node-1', 'node-1.example.org'],
  ips: ['10.0.0.1', '2001:db8::1'],
};
const odd = clientTemplate('n_1*é');

/** What client-go's MakeCSR made with that key. */
const fromGo = [
  [
    'a client certificate',
    client,
    `-----BEGIN CERTIFICATE REQUEST-----
MIHwMIGWAgEAMDQxFTATBgNVBAoTDHN5c3RlbTpub2RlczEbMBkGA1UEAxMSc3lz
dGVtOm5vZGU6bm9kZS0xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0F4JZ7WS
wm2wah1PtrX1kSSXfX2f0gWSnoNmDO8jr/5zi7xvNSntpewwRTUnYj9uTEPlqLEl
kx9qkl/FR8NjiqAAMAoGCCqGSM49BAMCA0kAMEYCIQDCwsB0L6LRp8Xs0dx2lBcc
ZMgqf1t8pt6bO/kKyXC4tAIhAOyPNv+6KS3wZh8T97PeuJmCvFNGgOtob1juoBmq
GoGS
-----END CERTIFICATE REQUEST-----
`,
  ],
  [
    'a serving certificate',
    serving,
    `-----BEGIN CERTIFICATE REQUEST-----
MIIBPzCB5gIBADA0MRUwEwYDVQQKEwxzeXN0ZW06bm9kZXMxGzAZBgNVBAMTEnN5
c3RlbTpub2RlOm5vZGUtMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNBeCWe1
ksJtsGodT7a19ZEkl319n9IFkp6DZgzvI6/+c4u8bzUp7aXsMEU1J2I/bkxD5aix
JZMfapJfxUfDY4qgUDBOBgkqhkiG9w0BCQ4xQTA/MD0GA1UdEQQ2MDSCBm5vZGUt
MYISbm9kZS0xLmV4YW1wbGUub3JnhwQKAAABhxAgAQ24AAAAAAAAAAAAAAABMAoG
CCqGSM49BAMCA0gAMEUCIAlxBpBknpOI5vumTZ8kliHArF0JRWpriVqi3mQzByCd
AiEA3RAUbvnltQgRRSVCEUtrOWJCbg2qKnHRDvWOTlCO5vk=
-----END CERTIFICATE REQUEST-----
`,
  ],
  [
    'a name that is no PrintableString',
    odd,
    `-----BEGIN CERTIFICATE REQUEST-----
MIHwMIGWAgEAMDQxFTATBgNVBAoTDHN5c3RlbTpub2RlczEbMBkGA1UEAwwSc3lz
dGVtOm5vZGU6bl8xKsOpMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0F4JZ7WS
wm2wah1PtrX1kSSXfX2f0gWSnoNmDO8jr/5zi7xvNSntpewwRTUnYj9uTEPlqLEl
kx9qkl/FR8NjiqAAMAoGCCqGSM49BAMCA0kAMEYCIQDMiOx33ODiZwwsjeY7DooH
/h4cJsAsmNrkBPP5jj/SsAIhAIf1XegtbXifIf+o1QO+i5IfNrSdsbEvhZl20GBc
lBec
-----END CERTIFICATE REQUEST-----
`,
  ],
] as const;

/** What is signed, the algorithm's identifier and the signature of a request. */
function partsOf(pem: string): { info: Buffer; algorithm: string; signature: Buffer } {
  const [block] = pemBlocks(pem);
  assert.equal(block?.label, 'CERTIFICATE REQUEST');
  const [info, algorithm, signature] = elements(elements(block.der)[0]?.content ?? Buffer.of());
  assert.ok(info && algorithm && signature);
  return {
    info: info.whole,
    algorithm: algorithm.whole.toString('hex'),
    signature: signature.content.subarray(1),
  };
}

for (const [what, template, pem] of fromGo) {
  test(`${what}: the octets of client-go, but for the random signature`, () => {
    const theirs = partsOf(pem);
    const ours = partsOf(signingRequest(template, key));
    assert.equal(ours.info.toString('hex'), theirs.info.toString('hex'));
    assert.equal(ours.algorithm, theirs.algorithm);
    assert.equal(verify('sha256', ours.info, key, ours.signature), true);
    assert.equal(asksFor(pem, template, key), true);
    assert.equal(asksFor(signingRequest(template, key), template, key), true);
  });
}

test('a request that asks for something else', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const rows: [what: string, pem: string][] = [
    ['another key', signingRequest(client, other)],
    ['another node', signingRequest(clientTemplate('node-2'), key)],
    ['more names', signingRequest(serving, key)],
    ['another type of PEM', signingRequest(client, key).replaceAll('REQUEST', 'THING')],
    ['no PEM', 'hello'],
    ['nothing', '-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n'],
  ];
  for (const [what, pem] of rows) assert.equal(asksFor(pem, client, key), false, what);
});

test('RSA and other curves sign as client-go has them sign', () => {
  const rows = [
    [generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256', '2a864886f70d01010b'],
    [generateKeyPairSync('rsa', { modulusLength: 3072 }), 'sha384', '2a864886f70d01010c'],
    [generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sha384', '2a8648ce3d040303'],
    [generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'sha512', '2a8648ce3d040304'],
  ] as const;
  for (const [{ privateKey, publicKey }, digest, oid] of rows) {
    const { info, algorithm, signature } = partsOf(signingRequest(client, privateKey));
    assert.match(algorithm, new RegExp(`${oid}(0500)?$`));
    assert.equal(verify(digest, info, publicKey, signature), true, digest);
  }
  assert.throws(
    () => signingRequest(client, generateKeyPairSync('ed25519').privateKey),
    /type ed25519 cannot be used/,
  );
});

test('the name of a request is the real kubelet’s', () => {
  const usages = ['digital signature', 'client auth'];
  assert.equal(requestName(key, client, usages), 'node-csr-YwazofjoXQP9DY2na-wimU4W_Xgf1skob24CAykg09k');
  assert.notEqual(requestName(key, odd, usages), requestName(key, client, usages));
});
