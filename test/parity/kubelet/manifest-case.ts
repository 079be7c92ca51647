// One input of kubelets: what is put into the folder of manifests.

export interface ManifestCase {
  area: string;
  name: string;
  /** What its pod is called; further ones begin with this and a dash. */
  pod: string;
  /** Its files, by their names in the folder of manifests. */
  files: Readonly<Record<string, FileContent>>;
  /** How far its pod comes. */
  end: End;
}

/** Containers end unless said otherwise; they run on; or something cannot be had, so that there is no sandbox. */
export type End = 'ended' | 'running' | 'no sandbox';

/** What stands in a file, or what makes one that is not plain; `dir` is a folder of the node's own. */
export type FileContent = string | Uint8Array | ((path: string, dir: string) => void);

/** A case before it has its place in a table. */
export interface Entry {
  name: string;
  files(pod: string): Readonly<Record<string, FileContent>>;
  end?: End;
}

/** The cases of an area, whose pods are called after it. */
export function inArea(area: string, entries: readonly Entry[]): ManifestCase[] {
  return entries.map(({ name, files, end = 'ended' }, index) => {
    const pod = `${area.toLowerCase().replaceAll(' ', '-')}${index}`;
    return { area, name, pod, files: files(pod), end };
  });
}

export const image = 'localhost/berth-test/busybox:1';

/** A case of one file. */
export function text(
  name: string,
  content: (pod: string) => string | Uint8Array,
  fileName = (pod: string) => `${pod}.yaml`,
): Entry {
  return { name, files: (pod) => ({ [fileName(pod)]: content(pod) }) };
}

interface MoreYaml {
  /** Lines of the container. */
  container?: string;
  spec?: string;
  metadata?: string;
  /** Lines before `metadata`. */
  top?: string;
}

/** A pod in YAML that prints a word, with more lines where they are wanted. */
export function yamlPod(
  name: string,
  { container = '', spec = '', metadata = '', top = '' }: MoreYaml = {},
): string {
  const indented = (line: string, indent: string) => (line === '' ? '' : `${indent}${line}`);
  const block = (lines: string, indent: string) =>
    lines === ''
      ? ''
      : `${lines
          .split('\n')
          .map((line) => indented(line, indent))
          .join('\n')}\n`;
  const command = container.includes('command:') ? '' : 'command: [/bin/echo, ran]';
  return `apiVersion: v1
kind: Pod
${block(top, '')}metadata:
  name: ${name}
${block(metadata, '  ')}spec:
  restartPolicy: Never
${block(spec, '  ')}  containers:
  - name: main
    image: ${image}
${block(command, '    ')}${block(container, '    ')}`;
}

interface MorePod {
  spec?: object;
  metadata?: object | ((pod: string) => object);
  /** Beside `metadata` and `spec`. */
  top?: object;
  end?: End;
}

/** A case of a pod in JSON, whose container and spec have these fields beside or instead of plain ones. */
export function fields(name: string, container: object, more: MorePod = {}): Entry {
  const { spec = {}, metadata = {}, top = {}, end = 'ended' } = more;
  const pod = (podName: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: podName, ...(typeof metadata === 'function' ? metadata(podName) : metadata) },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image, command: ['/bin/echo', 'ran'], ...container }],
      ...spec,
    },
    ...top,
  });
  return { name, end, files: (podName) => ({ [`${podName}.json`]: JSON.stringify(pod(podName)) }) };
}

/** The same for a container that runs lines of shell. */
export function shell(name: string, script: string, container: object = {}, more: MorePod = {}): Entry {
  return fields(name, { command: ['/bin/sh', '-c', script], ...container }, more);
}
