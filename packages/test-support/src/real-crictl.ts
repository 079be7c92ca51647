// The real crictl on a berthd of the test's own.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BerthdNode, startBerthdNode } from './berthd-node.ts';
import { loadTestImage } from './images.ts';
import { buildPeer } from './peers.ts';
import { testImage } from './pods.ts';
import { type CrictlOutcome, type RunningCrictl, runCrictl } from './running-crictl.ts';

export interface RealCrictl extends AsyncDisposable {
  node: BerthdNode;
  /** Starts crictl with the node as its endpoint; with `onTerminal` on a pseudo-terminal of that size. */
  start(args: string[], options?: Parameters<typeof runCrictl>[1]): RunningCrictl;
  /** Runs crictl to its end, whatever it is. */
  run(...args: string[]): Promise<CrictlOutcome>;
  /** Runs crictl, which has to succeed; its standard output without the last line end. */
  ok(...args: string[]): Promise<string>;
  /** The same, with `-o json` parsed. */
  json(command: string, ...args: string[]): Promise<unknown>;
  /** Writes the configuration of a pod; the path of the file. */
  podFile(name: string, more?: object): string;
  /** Writes the configuration of a container that runs `command` from the test image. */
  containerFile(name: string, command: string[], more?: object): string;
  /** `crictl runp`, `create`, `start`; `handler` names a runtime handler. */
  pod(
    name: string,
    command: string[],
    more?: object,
    handler?: string,
  ): Promise<{ pod: string; container: string }>;
}

/** Starts a node with the test image, see startBerthdNode. */
export async function startRealCrictl(options: {
  name: string;
  extra?: string;
  prepare?: (dir: string) => void;
}): Promise<RealCrictl> {
  const program = await buildPeer('crictl');
  const node = await startBerthdNode(options);
  await loadTestImage(node.socket);
  const config = join(node.dir, 'crictl.yaml');
  writeFileSync(config, `runtime-endpoint: unix://${node.socket}\ntimeout: 120\n`);
  const file = (name: string, content: object) => {
    const path = join(node.dir, `${name}.json`);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const podFile: RealCrictl['podFile'] = (name, more = {}) => {
    const logDirectory = join(node.dir, 'logs', name);
    mkdirSync(logDirectory, { recursive: true });
    return file(`pod-${name}`, {
      metadata: { name, namespace: 'default', uid: `uid-${name}`, attempt: 0 },
      log_directory: logDirectory,
      linux: {},
      ...more,
    });
  };
  const containerFile: RealCrictl['containerFile'] = (name, command, more = {}) =>
    file(`container-${name}`, {
      metadata: { name, attempt: 0 },
      image: { image: testImage },
      command,
      log_path: `${name}.log`,
      linux: {},
      ...more,
    });
  const start: RealCrictl['start'] = (args, options) =>
    runCrictl([program, '--config', config, ...args], options);
  const run: RealCrictl['run'] = async (...args) => {
    using crictl = start(args);
    crictl.end();
    return await crictl.exit();
  };
  const ok: RealCrictl['ok'] = async (...args) => {
    const { code, out, err } = await run(...args);
    assert.equal(code, 0, `crictl ${args.join(' ')}: ${err}`);
    return out.trimEnd();
  };
  return {
    node,
    start,
    run,
    ok,
    json: async (command, ...args) => JSON.parse(await ok(command, '-o', 'json', ...args)),
    podFile,
    containerFile,
    pod: async (name, command, more, handler = '') => {
      const podConfig = podFile(name);
      const pod = await ok('runp', '--runtime', handler, podConfig);
      const container = await ok('create', pod, containerFile(name, command, more), podConfig);
      await ok('start', container);
      return { pod, container };
    },
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
}
