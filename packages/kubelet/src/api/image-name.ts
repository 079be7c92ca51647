// The grammar of image names in manifests: [HOST[:PORT]/]PATH[:TAG][@DIGEST].
// https://github.com/distribution/reference
import { splitImageName } from '@berth/common/image-name.ts';

const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const host = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const pathPart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const reference = new RegExp(
  `^(?:(${host})/)?(${pathPart}(?:/${pathPart})*)(?::(${tag}))?(?:@(${digest}))?$`,
);

/** Appends `:latest` to a name without tag and digest; undefined for an invalid name. */
export function withDefaultTag(image: string): string | undefined {
  const match = reference.exec(image);
  if (!match) return undefined;
  const [, , path = '', tagGiven, digestGiven] = match;
  if (path.length > 255) return undefined;
  return tagGiven === undefined && digestGiven === undefined ? `${image}:latest` : image;
}

/** The repository of a valid name with its host, as registries know it: `docker.io/library/busybox` for `busybox`. */
export function repositoryOf(image: string): string {
  const { name } = splitImageName(image);
  const slash = name.indexOf('/');
  const first = name.slice(0, slash);
  const hasHost = slash !== -1 && (/[.:A-Z]/.test(first) || first === 'localhost');
  if (hasHost && first !== 'docker.io' && first !== 'index.docker.io') return name;
  const path = hasHost ? name.slice(slash + 1) : name;
  return `docker.io/${path.includes('/') ? path : `library/${path}`}`;
}
