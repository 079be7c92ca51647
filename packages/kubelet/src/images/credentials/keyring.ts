// Which credentials are for an image. The registry of an entry may have wildcards in its host and a path behind it.
// https://kubernetes.io/docs/concepts/containers/images/#config-json

/** Credentials with the registry that they are for. */
export interface Keyed {
  registry: string;
}

interface Place {
  host: string[];
  port: string;
  path: string;
}

const dockerHub = 'index.docker.io';

/**
 * The entries for a repository such as `registry.example:5000/team/app` or `docker.io/library/busybox`, those of longer
 * registries first. Entries of Docker Hub are for its images when no other entry is.
 */
export function credentialsFor<Entry extends Keyed>(repository: string, entries: readonly Entry[]): Entry[] {
  const byKey = Map.groupBy(entries, ({ registry }) => keyOf(registry));
  const keys = [...byKey.keys()]
    .filter((key) => key !== undefined)
    .sort()
    .reverse();
  const target = placeOf(repository);
  const found = keys.filter((key) => isFor(placeOf(key), target)).flatMap((key) => byKey.get(key) ?? []);
  return found.length > 0 || !isDockerHub(repository) ? found : (byKey.get(dockerHub) ?? []);
}

/** Whether a pattern of a credential provider's `matchImages` is for a repository. */
export function matchesImage(pattern: string, repository: string): boolean {
  return isFor(placeOf(pattern), placeOf(repository));
}

/** Host and path of a registry, without the scheme and the version of Docker's API; undefined when it is not one. */
function keyOf(registry: string): string | undefined {
  const match = /^(?:https?:\/\/)?(?:[^/?#]*@)?([^/?#\s"<>\\^`{|}%]*)([^?#]*)/.exec(registry);
  const [whole = '', host = '', given = ''] = match ?? [];
  if (whole === '' || (given !== '' && !given.startsWith('/'))) return undefined;
  const path = /^\/v[12]\//.test(given) ? given.slice(3) : given;
  return path === '/' ? host : host + path;
}

function placeOf(key: string): Place {
  const slash = key.indexOf('/');
  const host = slash === -1 ? key : key.slice(0, slash);
  const [, name = host, port = ''] = /^(.*):(\d*)$/.exec(host) ?? [];
  return { host: name.split('.'), port, path: slash === -1 ? '' : key.slice(slash) };
}

function isFor(credentials: Place, image: Place): boolean {
  return (
    credentials.port === image.port &&
    credentials.host.length === image.host.length &&
    image.path.startsWith(credentials.path) &&
    credentials.host.every((part, index) => globMatches(part, image.host[index] ?? ''))
  );
}

/** `*` stands for any text. By comparison of the parts between them, so that no pattern takes long. */
function globMatches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** Whether the first part of the name is no host but Docker Hub's own. */
function isDockerHub(repository: string): boolean {
  const [first = '', ...rest] = repository.split('/');
  if (first === '') return false;
  return rest.length === 0 || first === 'docker.io' || first === dockerHub || !/[.:]/.test(first);
}
