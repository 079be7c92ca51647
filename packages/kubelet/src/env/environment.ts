// The environment of a container, in the order of its declaration.
import { findContainer } from '../api/each-container.ts';
import type { Container, EnvVarSource, FileKeySelector, Pod } from '../api/pod.ts';
import type { Objects } from '../objects/objects.ts';
import { fieldValue, type PodPlace, resourceValue } from './downward-api.ts';
import { envFileValue } from './env-file.ts';
import { expand } from './expand.ts';

/** What the values of variables come from. */
export interface EnvironmentSources extends PodPlace {
  objects: Objects;
  /** Reads a file of an emptyDir volume of the pod. Throws when it cannot be read. */
  envFile(volumeName: string, path: string): EnvFile;
  /** The variables of services that the pod is told of. Throws while the services are not known. */
  serviceVariables?(pod: Pod): ReadonlyMap<string, string>;
}

/** A file of variables in a volume. */
export interface EnvFile {
  /** Its path on the node, for errors. */
  path: string;
  content: Buffer;
}

/** The value of each variable, in bytes: that of a Secret may be no text. */
export type Environment = ReadonlyMap<string, Buffer>;

/**
 * The container's variables. Those of `env` replace those of `envFrom`, and both those of services. A value may refer to
 * earlier variables; the last declaration of a name counts. Throws when a source cannot be read; then the container cannot
 * be created.
 */
export function containerEnvironment(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Environment {
  const services = [...(sources.serviceVariables?.(pod) ?? [])].map(
    ([name, value]) => [name, Buffer.from(value)] as const,
  );
  const ofServices: Environment = new Map(services);
  const environment = new Map(fromObjects(pod, container, sources.objects));
  for (const { name, value, valueFrom } of container.env ?? []) {
    const resolved = value
      ? expandBytes(value, (referred) => environment.get(referred) ?? ofServices.get(referred))
      : valueFrom
        ? sourceValue(pod, container, valueFrom, sources)
        : Buffer.alloc(0);
    // What is optional and missing leaves the variable as envFrom has it.
    if (resolved !== undefined) environment.set(name, resolved);
  }
  for (const [name, value] of ofServices) if (!environment.has(name)) environment.set(name, value);
  return environment;
}

/** Command and arguments with their `$(NAME)` references replaced. */
export function expandCommand(words: string[] | undefined, environment: Environment): string[] {
  return (words ?? []).map((word) => expand(word, (name) => environment.get(name)?.toString()));
}

/** The variables of `envFrom`. A key of any form is a name; only the text values of a ConfigMap count. */
function* fromObjects(pod: Pod, container: Container, objects: Objects): Generator<[string, Buffer]> {
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? textsOf(pod, configMapRef, objects)
      : secretRef && secretOf(pod, secretRef, objects);
    for (const [key, value] of data ?? []) yield [prefix + key, value];
  }
}

/** Undefined for an optional value that is not there. */
function sourceValue(
  pod: Pod,
  container: Container,
  { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef }: EnvVarSource,
  sources: EnvironmentSources,
): Buffer | undefined {
  if (fieldRef) return Buffer.from(fieldValue(pod, fieldRef.fieldPath, sources));
  if (resourceFieldRef) {
    const { containerName, resource, divisor } = resourceFieldRef;
    const from = containerNamed(pod, containerName) ?? container;
    return Buffer.from(resourceValue(from, resource, divisor, sources.node));
  }
  if (configMapKeyRef) {
    return keyOf('ConfigMap', textsOf(pod, configMapKeyRef, sources.objects), pod, configMapKeyRef);
  }
  if (secretKeyRef) return keyOf('Secret', secretOf(pod, secretKeyRef, sources.objects), pod, secretKeyRef);
  return fileKeyRef && fileValue(fileKeyRef, sources);
}

interface ObjectReference {
  name?: string;
  optional?: boolean;
}

type Values = ReadonlyMap<string, Buffer>;

/** The values of `data`, without those of `binaryData`. Undefined for an optional ConfigMap that is not there. */
function textsOf(pod: Pod, { name = '', optional }: ObjectReference, objects: Objects): Values | undefined {
  const found = objects.configMap(pod.metadata.namespace, name);
  if (found) return new Map([...found.data].filter(([key]) => !found.binaryKeys?.has(key)));
  if (optional) return undefined;
  throw new Error(`configmap ${JSON.stringify(name)} not found`);
}

function secretOf(pod: Pod, { name = '', optional }: ObjectReference, objects: Objects): Values | undefined {
  const found = objects.secret(pod.metadata.namespace, name);
  if (found || optional) return found?.data;
  throw new Error(`secret ${JSON.stringify(name)} not found`);
}

function keyOf(
  kind: string,
  data: Values | undefined,
  pod: Pod,
  { name = '', key, optional }: ObjectReference & { key: string },
): Buffer | undefined {
  const value = data?.get(key);
  if (value || optional) return value;
  throw new Error(`couldn't find key ${key} in ${kind} ${pod.metadata.namespace}/${name}`);
}

function fileValue(
  { volumeName, path, key, optional }: FileKeySelector,
  { envFile }: EnvironmentSources,
): Buffer | undefined {
  const file = envFile(volumeName, path);
  let value: string;
  try {
    value = envFileValue(file.content.toString('latin1'), key);
  } catch (cause) {
    throw new Error("couldn't parse env file", { cause });
  }
  if (value !== '') return Buffer.from(value, 'latin1');
  if (optional) return undefined;
  const quoted = [key, file.path].map((text) => JSON.stringify(text));
  throw new Error(`environment variable key ${quoted[0]} not found in file ${quoted[1]}`);
}

/** Expands in bytes, as a value that is referred to may be no text. */
function expandBytes(value: string, variable: (name: string) => Buffer | undefined): Buffer {
  const expanded = expand(Buffer.from(value).toString('latin1'), (name) =>
    variable(Buffer.from(name, 'latin1').toString())?.toString('latin1'),
  );
  return Buffer.from(expanded, 'latin1');
}

function containerNamed(pod: Pod, name: string | undefined): Container | undefined {
  if (!name) return undefined;
  const found = findContainer(pod.spec, name);
  if (!found) throw new Error(`container ${name} not found`);
  return found;
}
