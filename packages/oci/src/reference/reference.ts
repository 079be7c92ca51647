// Image references, normalized and checked as by the Docker tools.
import { splitImageName } from '@berth/common/image-name.ts';
import { quoted } from '@berth/common/printable.ts';
import { type Digest, isDigest } from '../image-spec/digest.ts';

/** A full image name: registry, repository, and a tag, a digest or both. */
export interface Reference {
  /** Host, with a port where one is given: `docker.io`, `localhost:5000`. */
  registry: string;
  /** Path on the registry, as `library/nginx`. */
  repository: string;
  tag?: string;
  digest?: Digest;
}

const defaultRegistry = 'docker.io';

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const registryPattern =
  /^(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::[0-9]{1,5})?$/;
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}$/;

/** The image name is invalid. The message names the invalid part. */
export class InvalidReferenceError extends Error {
  override readonly name = 'InvalidReferenceError';

  constructor(text: string, problem: string) {
    super(`invalid image reference ${quoted(text)}: ${problem}`);
  }
}

/**
 * Parses an image name as the Docker tools do: `nginx` is `docker.io/library/nginx:latest`. The first component is a
 * registry only when it has a dot, a colon or capitals, or is `localhost`. Without tag and digest the tag is `latest`.
 *
 * @example
 * assert.deepEqual(parseReference('localhost:5000/a/b:1'), {
 *   registry: 'localhost:5000',
 *   repository: 'a/b',
 *   tag: '1',
 * });
 * assert.equal(formatReference(parseReference('nginx')), 'docker.io/library/nginx:latest');
 * assert.throws(() => parseReference('nginx:'), InvalidReferenceError);
 */
export function parseReference(text: string): Reference {
  if (text === '') throw new InvalidReferenceError(text, 'the name is empty');
  const { name, tag, digest } = splitImageName(text);
  if (digest !== undefined && !isDigest(digest)) {
    throw new InvalidReferenceError(text, `${quoted(digest)} is not a digest (sha256:<64 hex digits>)`);
  }
  if (tag !== undefined && !tagPattern.test(tag)) {
    throw new InvalidReferenceError(text, `${quoted(tag)} is not a tag`);
  }
  const { registry, repository } = splitRegistry(name);
  if (!registryPattern.test(registry)) {
    throw new InvalidReferenceError(text, `${quoted(registry)} is not a registry host`);
  }
  if (repository !== repository.toLowerCase()) {
    throw new InvalidReferenceError(text, 'the repository name must be lower case');
  }
  if (!repositoryPattern.test(repository) || registry.length + repository.length >= 255) {
    throw new InvalidReferenceError(text, `${quoted(repository)} is not a repository name`);
  }
  return {
    registry,
    repository,
    ...(tag === undefined && digest === undefined ? { tag: 'latest' } : tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

function splitRegistry(name: string): Pick<Reference, 'registry' | 'repository'> {
  const slash = name.indexOf('/');
  const first = name.slice(0, slash);
  const isRegistry =
    slash !== -1 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const registry = isRegistry ? first : defaultRegistry;
  const rest = isRegistry ? name.slice(slash + 1) : name;
  if (registry !== defaultRegistry && registry !== 'index.docker.io') return { registry, repository: rest };
  return { registry: defaultRegistry, repository: rest.includes('/') ? rest : `library/${rest}` };
}

/** The full name, `docker.io/library/nginx:latest`. */
export function formatReference(reference: Reference): string {
  const { tag, digest } = reference;
  return `${repositoryName(reference)}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** `docker.io/library/nginx`: the name without tag and digest. */
export function repositoryName({ registry, repository }: Reference): string {
  return `${registry}/${repository}`;
}
