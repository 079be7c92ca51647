// The credentials for a pull, in the order in which they are tried: those of the pod's Secrets, then the node's.
import { createHash } from 'node:crypto';
import type { Pod } from '../../api/pod.ts';
import type { Objects } from '../../objects/objects.ts';
import type { Secret } from '../../objects/types.ts';
import { parseDockerConfigJson, parseDockercfg, type RegistryEntry } from './docker-config.ts';
import { credentialsFor } from './keyring.ts';

/** A service account with which an image was pulled. */
export interface PullServiceAccount {
  uid: string;
  namespace: string;
  name: string;
}

/** Credentials that a pull may use. */
export interface PullCredentials extends RegistryEntry {
  /** The Secret that holds them; undefined: every pod of the node may use them, unless they are a service account's. */
  secret: { namespace: string; name: string } | undefined;
  /** The service account that a credential provider got them for. */
  serviceAccount?: PullServiceAccount | undefined;
}

/** The pod's pull Secrets, and the names of those that do not exist. */
export function pullSecretsOf(
  { metadata: { namespace }, spec }: Pod,
  objects: Pick<Objects, 'secret'>,
): { secrets: Secret[]; missing: string[] } {
  const names = (spec.imagePullSecrets ?? []).flatMap(({ name }) => (name ? [name] : []));
  const found = names.map((name) => ({ name, secret: objects.secret(namespace, name) }));
  return {
    secrets: found.flatMap(({ secret }) => (secret ? [secret] : [])),
    missing: found.flatMap(({ name, secret }) => (secret ? [] : [name])),
  };
}

/**
 * The credentials for the repository, which has a host (`docker.io/library/busybox`). `node` has the entries of the
 * node's own file. Throws for a Secret whose content is not as its type has it.
 */
export function pullCredentials(
  repository: string,
  secrets: readonly Secret[],
  node: readonly RegistryEntry[],
): PullCredentials[] {
  const ofPod = secrets.flatMap((secret) =>
    entriesOf(secret).map((entry) => ({
      ...entry,
      secret: { namespace: secret.namespace, name: secret.name },
    })),
  );
  const ofNode = node.map((entry) => ({ ...entry, secret: undefined }));
  return [...credentialsFor(repository, ofPod), ...credentialsFor(repository, ofNode)];
}

/** A Secret of another type has none. */
function entriesOf({ namespace, name, type, data }: Secret): RegistryEntry[] {
  try {
    const json = data.get('.dockerconfigjson');
    if (type === 'kubernetes.io/dockerconfigjson' && json?.length) {
      return parseDockerConfigJson(json.toString());
    }
    const dockercfg = data.get('.dockercfg');
    return type === 'kubernetes.io/dockercfg' && dockercfg?.length
      ? parseDockercfg(dockercfg.toString())
      : [];
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(`secret "${namespace}/${name}": ${problem}`);
  }
}

/** A text that is the same for the same credentials, and tells nothing about them. */
export function credentialsHash(credentials: readonly RegistryEntry[]): string {
  const all = credentials.map(({ username, password }) => [username, password]);
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}
