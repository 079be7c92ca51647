// Makes the pod of `berth run` from its arguments. Pure.
import { createHash } from 'node:crypto';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { UserError } from '../errors/user-error.ts';

/** The arguments of `berth run`, as the command line has them. */
export interface RunOptions {
  readonly name?: string;
  /** `NAME=VALUE`, or `NAME` to pass this process's own on. */
  readonly env?: readonly string[];
  /** `[IP:]HOST:CONTAINER[/PROTOCOL]`, or `CONTAINER` to declare it. */
  readonly port?: readonly string[];
  /** `HOST:CONTAINER[:ro]`. */
  readonly volume?: readonly string[];
  readonly label?: readonly string[];
  readonly restart?: string;
  readonly pull?: string;
  readonly memory?: string;
  readonly cpu?: string;
  readonly workdir?: string;
  /** Whether the words behind the image replace its entrypoint, and not its arguments. */
  readonly command?: boolean;
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly rm?: boolean;
  readonly attach?: boolean;
}

/** What the arguments refer to besides themselves. */
export interface RunContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Makes a path of the host absolute. */
  readonly absolute: (path: string) => string;
}

/** Whether the command stays connected to the container. */
export function isAttached({ stdin, tty, rm, attach }: RunOptions): boolean {
  return [stdin, tty, rm, attach].includes(true);
}

/**
 * The pod that runs an image.
 * @throws UserError that names the flag
 */
export function podToRun(
  image: string,
  words: readonly string[],
  options: RunOptions,
  context: RunContext,
): v1.Pod {
  const { name = nameOfImage(image), stdin = false, tty = false } = options;
  const volumes = (options.volume ?? []).map((text, index) => volumeOf(text, `volume-${index}`, context));
  const ports = (options.port ?? []).map(portOf);
  const env = (options.env ?? []).flatMap((text) => variableOf(text, context));
  const limits = {
    ...(options.memory !== undefined && { memory: memoryOf(options.memory) }),
    ...(options.cpu !== undefined && { cpu: options.cpu }),
  };
  const container: v1.Container = {
    name,
    image,
    ...(options.pull !== undefined && { imagePullPolicy: pullPolicyOf(options.pull) }),
    ...(words.length > 0 && (options.command === true ? { command: [...words] } : { args: [...words] })),
    ...(options.workdir !== undefined && { workingDir: options.workdir }),
    ...(env.length > 0 && { env }),
    ...(ports.length > 0 && { ports }),
    ...(volumes.length > 0 && { volumeMounts: volumes.map(({ mount }) => mount) }),
    ...(Object.keys(limits).length > 0 && { resources: { limits } }),
    ...((stdin || tty) && { stdin: true, stdinOnce: true }),
    ...(tty && { tty }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { run: name, ...labelsOf(options.label ?? []) } },
    spec: {
      restartPolicy: restartPolicyOf(options),
      ...(options.rm === true && { terminationGracePeriodSeconds: 5 }),
      containers: [container],
      ...(volumes.length > 0 && { volumes: volumes.map(({ volume }) => volume) }),
    },
  };
}

/** A name for a pod after its image: `nginx` of `docker.io/library/nginx:1.27`. */
export function nameOfImage(image: string): string {
  const last = image.replace(/@.*$/, '').replace(/^.*\//, '').replace(/:.*$/, '');
  const name = last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50);
  return name.replace(/-+$/, '') || `pod-${createHash('sha256').update(image).digest('hex').slice(0, 8)}`;
}

const policies: Readonly<Record<string, string>> = {
  always: 'Always',
  'on-failure': 'OnFailure',
  onfailure: 'OnFailure',
  no: 'Never',
  never: 'Never',
};

/** A pod that someone is connected to ends with its process; another one is kept running. */
function restartPolicyOf(options: RunOptions): string {
  const { restart } = options;
  if (restart === undefined) return isAttached(options) ? 'Never' : 'Always';
  const policy = policies[restart.toLowerCase()];
  if (policy === undefined) throw new UserError(`--restart ${restart}: want always, on-failure or never`);
  if (policy === 'Always' && options.rm === true)
    throw new UserError('--rm removes the pod at its end, and with --restart always it has none');
  return policy;
}

const pullPolicies: Readonly<Record<string, string>> = {
  always: 'Always',
  missing: 'IfNotPresent',
  ifnotpresent: 'IfNotPresent',
  never: 'Never',
};

function pullPolicyOf(text: string): string {
  const policy = pullPolicies[text.toLowerCase()];
  if (policy === undefined) throw new UserError(`--pull ${text}: want always, missing or never`);
  return policy;
}

function variableOf(text: string, { env }: RunContext): v1.EnvVar[] {
  const equals = text.indexOf('=');
  if (equals > 0) return [{ name: text.slice(0, equals), value: escaped(text.slice(equals + 1)) }];
  if (equals === 0 || text === '') throw new UserError(`--env ${text}: want NAME=VALUE or NAME`);
  const own = env[text];
  return own === undefined ? [] : [{ name: text, value: escaped(own) }];
}

/** The kubelet replaces $(NAME) in values; a value is meant as it is. */
const escaped = (value: string) => value.replaceAll('$(', '$$$$(');

function portOf(text: string): v1.ContainerPort {
  const fail = () => new UserError(`--port ${text}: want [IP:]HOST:CONTAINER[/PROTOCOL] or CONTAINER`);
  const match =
    /^(?:(?:(?<ip>\[[\da-fA-F:.]+\]|[\d.]+):)?(?<host>\d{1,5}):)?(?<container>\d{1,5})(?:\/(?<protocol>tcp|udp|sctp))?$/i.exec(
      text,
    );
  const { ip, host, container = '', protocol } = match?.groups ?? {};
  const inRange = (port: string) => Number(port) >= 1 && Number(port) <= 65535;
  if (match === null || !inRange(container) || (host !== undefined && !inRange(host))) throw fail();
  return {
    containerPort: Number(container),
    ...(host !== undefined && { hostPort: Number(host) }),
    ...(ip !== undefined && { hostIP: ip.replace(/^\[|\]$/g, '') }),
    ...(protocol !== undefined && { protocol: protocol.toUpperCase() }),
  };
}

function volumeOf(text: string, name: string, { absolute }: RunContext) {
  const [host = '', path = '', mode, ...more] = text.split(':');
  const isMode = mode === undefined || mode === 'ro' || mode === 'rw';
  if (host === '' || !path.startsWith('/') || !isMode || more.length > 0)
    throw new UserError(`--volume ${text}: want HOST:CONTAINER[:ro], with an absolute path in the container`);
  return {
    volume: { name, hostPath: { path: absolute(host) } },
    mount: { name, mountPath: path, ...(mode === 'ro' && { readOnly: true }) },
  };
}

function labelsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new UserError(`--label ${text}: want KEY=VALUE`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

/** podman's and docker's units are powers of 1024 in one letter of any case; Kubernetes' quantities pass as they are. */
function memoryOf(text: string): string {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([bkmg])b?$/.exec(text) ?? [];
  if (unit === 'b') return number;
  return unit === '' ? text : `${number}${unit.toUpperCase()}i`;
}
