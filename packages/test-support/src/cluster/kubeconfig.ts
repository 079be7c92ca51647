// The kubeconfigs of a cluster: where its API server is, and as whom to talk to it.
import type { KeyPair } from './authority.ts';

/** How a client shows who it is. */
export type Credentials = KeyPair | { token: string };

/** Where an API server is, and how to know it. */
export interface Endpoint {
  /** E.g. `https://127.0.0.1:6443`. */
  server: string;
  /** The certificate of its authority, in PEM. */
  ca: string;
}

/** Pure: a kubeconfig with everything in it. */
export function kubeconfig({ server, ca }: Endpoint, user: string, credentials: Credentials): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const cluster = { server, 'certificate-authority-data': base64(ca) };
  const own =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.certificate),
          'client-key-data': base64(credentials.key),
        };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'berth-test', cluster }],
    users: [{ name: user, user: own }],
    contexts: [{ name: 'berth-test', context: { cluster: 'berth-test', user } }],
    'current-context': 'berth-test',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
