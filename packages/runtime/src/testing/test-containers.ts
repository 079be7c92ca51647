// Real containers for the system tests of spec/, conmon/ and oci-runtime/: a busybox root, conmon, crun or runc.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ContainerConfig, type DeepPartial } from '@berth/cri/generated/api.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import type { ExecutionParameters } from '@berth/oci/image-spec/image-config.ts';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import { cgroupfsNaming } from '../cgroups/naming.ts';
import { type StartConmonOptions, type StartedConmon, startConmon } from '../conmon/conmon.ts';
import { type ContainerExit, readExit, watchExits } from '../exits/exit-files.ts';
import { OciRuntimes } from '../oci-runtime/detect.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import { gatherContainerFacts } from '../spec/host-inputs/container.ts';
import { readHostFacts } from '../spec/host-inputs/host.ts';
import type { HostFacts, SandboxView } from '../spec/input.ts';
import { ociSpec } from '../spec/spec.ts';

const applets = [
  'sh',
  'cat',
  'echo',
  'id',
  'sleep',
  'true',
  'touch',
  'mount',
  'chmod',
  'hostname',
  'ls',
  'dd',
  'env',
  'pwd',
  'yes',
  'grep',
  'head',
  'kill',
  'rmdir',
  'mkdir',
  'stat',
  'ps',
];

export interface TestContainer {
  id: string;
  dir: string;
  spec: Spec;
  started: StartedConmon;
  /** Content of the log without times, e.g. `stdout F hello`. */
  log(): string[];
  start(): Promise<void>;
  /** Waits for the exit file. */
  ended(): Promise<ContainerExit>;
}

/** A place for containers that removes all of them, and fails when something of them is left. */
export class TestContainers implements AsyncDisposable {
  readonly dir = mkdtempSync('/run/berth-test-spec-');
  readonly rootfs = join(this.dir, 'rootfs');
  readonly cgroupParent = `/berth-test-${randomBytes(4).toString('hex')}`;
  readonly cgroups: Cgroups = detectCgroups();
  readonly host: HostFacts = readHostFacts({ cgroups: this.cgroups, cgroupNaming: cgroupfsNaming });
  readonly runtime: OciRuntime;
  readonly #containers: TestContainer[] = [];
  readonly #exits = new Map<string, (exit: ContainerExit) => void>();
  readonly #watcher: Disposable;

  constructor(runtimeName: string) {
    this.runtime = new OciRuntimes({ stateDir: this.dir, cgroupNaming: cgroupfsNaming }).get(runtimeName);
    for (const dir of ['bin', 'etc', 'tmp', 'proc', 'dev', 'sys'])
      mkdirSync(join(this.rootfs, dir), { recursive: true });
    copyFileSync('/usr/bin/busybox', join(this.rootfs, 'bin/busybox'));
    for (const applet of applets) symlinkSync('busybox', join(this.rootfs, 'bin', applet));
    writeFileSync(join(this.rootfs, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nweb:x:1000:1001::/srv:/bin/sh\n');
    writeFileSync(join(this.rootfs, 'etc/group'), 'root:x:0:\nweb:x:1001:\nlogs:x:1002:web\n');
    mkdirSync(join(this.dir, 'exits'));
    this.#watcher = watchExits(join(this.dir, 'exits'), (exit) => this.#exits.get(exit.containerId)?.(exit));
  }

  /** The pod of the containers: in the host's namespaces unless said otherwise. */
  sandbox(change: Partial<SandboxView> = {}): SandboxView {
    return {
      id: 'sandbox',
      name: 'pod',
      namespace: 'default',
      uid: 'uid',
      hostname: 'test-host',
      cgroupParent: this.cgroupParent,
      privileged: false,
      namespaces: {},
      hostPid: false,
      files: {},
      ...change,
    };
  }

  /** Derives config.json from a CRI request and has the container created. */
  async create(
    request: DeepPartial<ContainerConfig>,
    options: { sandbox?: Partial<SandboxView>; image?: ExecutionParameters } = {},
  ): Promise<TestContainer> {
    const config = ContainerConfig.fromPartial({ ...request, metadata: { name: 'test' } });
    const id = randomBytes(8).toString('hex');
    const spec = ociSpec({
      handler: { annotations: {}, privilegedWithoutHostDevices: false },
      containerId: id,
      config,
      sandbox: this.sandbox(options.sandbox),
      image: { Cmd: ['sleep', '1000'], ...options.image },
      imageName: 'busybox',
      rootfsPath: this.rootfs,
      host: this.host,
      facts: await gatherContainerFacts({ config, rootfsPath: this.rootfs }),
      warn: assert.fail,
    });
    return this.createFrom(id, spec, config);
  }

  /** Has a container created from a config.json of the test's own. */
  async createFrom(id: string, spec: Spec, config = ContainerConfig.fromPartial({})): Promise<TestContainer> {
    const dir = join(this.dir, id);
    mkdirSync(dir);
    writeFileSync(join(dir, 'config.json'), JSON.stringify(spec));
    const ended = new Promise<ContainerExit>((resolve) => this.#exits.set(id, resolve));
    const container: TestContainer = {
      id,
      dir,
      spec,
      started: { containerPid: 0, conmonPid: 0 },
      log: () => readLog(join(dir, 'log')),
      start: () => this.runtime.start(id),
      ended: () => Promise.resolve(readExit(join(this.dir, 'exits'), id) ?? ended),
    };
    this.#containers.push(container);
    container.started = await startConmon({
      ...this.conmonOptions(id, dir),
      terminal: config.tty,
      stdin: config.stdin,
      stdinOnce: config.stdinOnce,
    });
    return container;
  }

  /** Options of `startConmon` for a container of this place. */
  conmonOptions(id: string, bundle: string): StartConmonOptions {
    return {
      conmonPath: '/usr/bin/conmon',
      containerId: id,
      name: 'test',
      bundle,
      runtime: this.runtime,
      logPath: join(bundle, 'log'),
      terminal: false,
      stdin: false,
      stdinOnce: false,
      exitDir: join(this.dir, 'exits'),
      persistDir: bundle,
      pidFile: join(bundle, 'pid'),
      conmonPidFile: join(bundle, 'conmon-pid'),
      runtimeLog: join(bundle, 'runtime.log'),
    };
  }

  /** Runs a shell script in a container to its end and returns what it printed, one entry a line. */
  async run(
    script: string,
    ...rest: [request?: DeepPartial<ContainerConfig>, options?: Parameters<TestContainers['create']>[1]]
  ) {
    const [request = {}, options] = rest;
    const container = await this.create(
      {
        command: ['sh', '-c', script],
        ...request,
        linux: {
          ...request.linux,
          securityContext: { namespaceOptions: { pid: 1 }, ...request.linux?.securityContext },
        },
      },
      options,
    );
    await container.start();
    const { exitCode } = await container.ended();
    return {
      exitCode,
      lines: wholeLines(container.log()),
      container,
    };
  }

  /** Has the runtime remove a container, running or not, known or not. */
  async delete(id: string): Promise<void> {
    await this.runtime.run(['delete', '--force', id]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { id } of this.#containers) await this.delete(id);
    await this.cgroups.remove(this.cgroupParent, { kill: true });
    this.#watcher[Symbol.dispose]();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What was printed, a line each: conmon logs a line that it reads in two goes as two entries, P and F. */
function wholeLines(entries: string[]): string[] {
  const started: Record<string, string> = {};
  return entries.flatMap((entry) => {
    const [, stream = '', tag, text = ''] = /^(std(?:out|err)) ([FP]) (.*)$/s.exec(entry) ?? [];
    const line = (started[stream] ?? '') + text;
    started[stream] = tag === 'P' ? line : '';
    return tag === 'P' ? [] : [line];
  });
}

function readLog(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const entry =
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d) (std(?:out|err) [FP] [^\n]*)$/.exec(
        line,
      )?.[1];
    if (entry === undefined) throw new Error(`not a line of the CRI log format: ${line}`);
    return entry;
  });
}
