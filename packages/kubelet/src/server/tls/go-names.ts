// Go's names of TLS versions, cipher suites and curves, which KubeletConfiguration uses, in OpenSSL's.
import type { SecureVersion } from 'node:tls';

/** Values of tlsMinVersion. */
export const tlsVersions: ReadonlyMap<string, SecureVersion> = new Map([
  ['VersionTLS10', 'TLSv1'],
  ['VersionTLS11', 'TLSv1.1'],
  ['VersionTLS12', 'TLSv1.2'],
  ['VersionTLS13', 'TLSv1.3'],
]);

/** Suites of TLS 1.3, which cannot be configured in Go: all of them are always on. */
const suites13 = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
] as const;

/** Suites before TLS 1.3 that crypto/tls calls secure, most preferred first. */
const secureSuites: readonly [go: string, openssl: string][] = [
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE-ECDSA-AES128-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'ECDHE-RSA-AES256-SHA'],
];

/** Suites that crypto/tls calls insecure. OpenSSL has no RC4 and 3DES any more. */
const insecureSuites: readonly [go: string, openssl: string | undefined][] = [
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'ECDHE-ECDSA-AES128-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'ECDHE-RSA-AES128-SHA256'],
  ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'AES128-GCM-SHA256'],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'AES256-GCM-SHA384'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA256', 'AES128-SHA256'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA'],
  ['TLS_RSA_WITH_AES_256_CBC_SHA', 'AES256-SHA'],
  ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', undefined],
  ['TLS_RSA_WITH_RC4_128_SHA', undefined],
  ['TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA', undefined],
  ['TLS_ECDHE_ECDSA_WITH_RC4_128_SHA', undefined],
  ['TLS_ECDHE_RSA_WITH_RC4_128_SHA', undefined],
];

/** Older names of two suites. */
const aliases: Readonly<Record<string, string>> = {
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
};

/** OpenSSL's list of ciphers for a configuration, and what to tell about it. */
export interface CipherList {
  ciphers: string;
  notices: readonly string[];
}

/** The ciphers for `tlsCipherSuites`; Go's own without any. Throws a RangeError that names a wrong suite. */
export function opensslCiphers(suites: readonly string[]): CipherList {
  const known = new Map<string, string | undefined>([
    ...suites13.map((name) => [name, name] as const),
    ...secureSuites,
    ...insecureSuites,
  ]);
  if (suites.length === 0) {
    return { ciphers: [...suites13, ...secureSuites.map(([, name]) => name)].join(':'), notices: [] };
  }
  const insecure = new Set(insecureSuites.map(([name]) => name));
  const notices: string[] = [];
  const chosen: string[] = [];
  for (const given of suites) {
    const suite = aliases[given] ?? given;
    if (!known.has(suite)) throw new RangeError(`Cipher suite ${given} not supported or doesn't exist`);
    const name = known.get(suite);
    if (insecure.has(suite)) notices.push(`Use of insecure cipher detected: ${given}`);
    if (name === undefined) notices.push(`${given} has no effect: OpenSSL does not have it any more`);
    else if (!chosen.includes(name)) chosen.push(name);
  }
  if (chosen.length === 0) throw new RangeError('OpenSSL has none of the given cipher suites any more');
  return { ciphers: [...new Set([...suites13, ...chosen])].join(':'), notices };
}

/** Curves by the numbers of their CurveIDs. */
const curves: ReadonlyMap<number, string> = new Map([
  [23, 'P-256'],
  [24, 'P-384'],
  [25, 'P-521'],
  [29, 'X25519'],
  [4587, 'SecP256r1MLKEM768'],
  [4588, 'X25519MLKEM768'],
  [4589, 'SecP384r1MLKEM1024'],
]);

/** OpenSSL's list of curves for `tlsCurvePreferences`; undefined for its own. Throws a RangeError. */
export function opensslCurves(ids: readonly number[]): string | undefined {
  if (ids.length === 0) return undefined;
  const names = ids.map((id, index) => {
    if (id <= 0 || id > 0xffff)
      throw new RangeError(`curve preference ${id} is out of range (must be 1-65535)`);
    if (ids.indexOf(id) !== index) throw new RangeError(`duplicate curve preference ${id}`);
    const name = curves.get(id);
    if (name === undefined) throw new RangeError(`curve preference ${id} is not supported`);
    return name;
  });
  return names.join(':');
}
