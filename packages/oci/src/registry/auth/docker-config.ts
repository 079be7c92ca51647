// Looks up the credentials of a pull in Docker's config.json, in the order `credHelpers`, `auths`, `credsStore`.
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { askCredentialHelper } from './credential-helper.ts';
import { type AuthConfig, type ImagePlace, isDockerHub } from './credentials.ts';

/** A pull secret of a cluster has a few KiB; credentials for ten thousand registries have two MiB. */
const maxConfigBytes = 16 * 1024 * 1024;

/** Docker Hub's name in credential helpers. */
const dockerHubServer = 'https://index.docker.io/v1/';

/** The credentials for a repository in the first Docker config.json that has any; missing files are skipped. */
export async function credentialsFromFiles(
  paths: readonly string[],
  place: ImagePlace,
): Promise<AuthConfig | undefined> {
  for (const path of paths) {
    const found = await dockerCredentials(path, place);
    if (found) return found;
  }
  return undefined;
}

/**
 * The credentials for a repository in a Docker config.json: of the registry's credential helper (`credHelpers`), or the
 * entry in `auths` whose key is the longest prefix of `registry/repository`, or the default helper (`credsStore`).
 * Undefined when there are none or the file does not exist.
 *
 * @throws when the file is malformed, or a credential helper fails
 */
export async function dockerCredentials(path: string, place: ImagePlace): Promise<AuthConfig | undefined> {
  const content = await readRegularFile(path, { maxBytes: maxConfigBytes }).catch((error) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (!content) return undefined;
  const { registry, repository } = place;
  const server = isDockerHub(registry) ? dockerHubServer : registry;
  const json = JsonCursor.parse(content, path);
  const helpers = json.field('credHelpers').optional((it) => it.stringMap()) ?? {};
  const helper = helpers[registry] ?? helpers[server];
  if (helper) return askCredentialHelper(helper, server);
  const entry = findEntry(json.field('auths'), registry, repository);
  if (entry && Object.values(entry).some(Boolean)) return entry;
  const store = json.field('credsStore').optional((it) => it.string());
  return store ? askCredentialHelper(store, server) : undefined;
}

function findEntry(auths: JsonCursor, registry: string, repository: string): AuthConfig | undefined {
  if (!auths.isPresent) return undefined;
  const name = `${registry}/${repository}`;
  const [best] = Object.keys(auths.record())
    .filter((key) => {
      const prefix = key
        .replace(/^[a-z]+:\/\//, '')
        .replace(/\/v[12]\/?$/, '')
        .replace(/\/$/, '');
      return (
        name.startsWith(`${prefix}/`) || name === prefix || (isDockerHub(prefix) && isDockerHub(registry))
      );
    })
    .sort((a, b) => b.length - a.length);
  if (best === undefined) return undefined;
  const entry = auths.field(best);
  const read = (field: string) => entry.field(field).optional((it) => it.string()) ?? '';
  return {
    username: read('username'),
    password: read('password'),
    auth: read('auth'),
    identityToken: read('identitytoken'),
    registryToken: read('registrytoken'),
  };
}
