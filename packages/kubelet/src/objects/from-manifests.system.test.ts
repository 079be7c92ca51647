// Pods whose environment comes from ConfigMaps, Secrets and files, out of a manifest directory as people use it.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testImage } from '@berth/test-support/pods.ts';
import { until } from '@berth/test-support/until.ts';
import type { PodStatus, PodWithStatus } from '../api/pod.ts';
import { FileSource } from '../config/file-source.ts';
import { PodConfig } from '../config/pod-config.ts';
import { redirectLog } from '../klog/klog.ts';
import { onEveryRuntime, type Stage } from '../testing/every-runtime.ts';
import { forever } from '../testing/node.ts';
import { endAll, logOf } from '../testing/remains.ts';

/** The environment that PID 1 of the container was started with, sorted, one variable a line. */
const showEnvironment = `tr '\\0' '\\n' </proc/1/environ | grep -a ^T_ | sort; echo end; ${forever}`;

/** A manifest directory that the kubelet of the stage follows. */
class Manifests implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #dir: string;
  readonly #config: PodConfig;
  /** All that was logged meanwhile. */
  log = '';
  readonly #restoreLog: () => void;

  constructor(stage: Stage, name: string) {
    const { node, kubelet } = stage;
    this.#stage = stage;
    this.#dir = join(node.dir, name);
    mkdirSync(this.#dir);
    this.#restoreLog = redirectLog((line) => {
      this.log += line;
    });
    const path = this.#dir;
    const stateDir = join(node.dir, `${name}-state`);
    const source = new FileSource({
      path,
      nodeName: node.options.nodeName,
      checkFrequencyMs: 60_000,
      stateDir,
    });
    this.#config = new PodConfig([source]);
    this.#config.start((pods, objects) => {
      kubelet.setObjects(objects);
      kubelet.setPods(pods);
    });
  }

  write(file: string, ...documents: object[]): void {
    writeFileSync(join(this.#dir, file), documents.map((each) => JSON.stringify(each)).join('\n---\n'));
  }

  remove(file: string): void {
    rmSync(join(this.#dir, file));
  }

  /** Waits until the pod's status is as wanted. */
  pod(name: string, what: string, wanted: (status: PodStatus) => boolean): Promise<PodWithStatus> {
    const found = () =>
      this.#stage.kubelet
        .pods()
        .find(({ metadata }) => metadata.name === `${name}-${this.#stage.node.options.nodeName}`);
    return until(
      `${name} ${what}`,
      () => {
        const pod = found();
        return pod && wanted(pod.status) ? pod : undefined;
      },
      () => found()?.status,
    );
  }

  /** What the container `main` of the pod logs in front of the line `end`. */
  async output(name: string): Promise<string[]> {
    const pod = await this.pod(name, 'runs', ({ phase }) => phase === 'Running');
    const log = await until(`${name} has printed all`, () => {
      const text = logOf(this.#stage.node, pod);
      return text.includes('end\n') ? text : undefined;
    });
    // A runtime logs a long output in parts.
    return log
      .replace(/^\S+ \S+ P (.*)\n/gm, '$1')
      .split('\n')
      .slice(0, -2);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#config.stop();
    const { node, kubelet } = this.#stage;
    await endAll(node, kubelet, ...kubelet.pods());
    this.#restoreLog();
  }
}

const object = (kind: string, name: string, fields: object) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  ...fields,
});

const pod = (name: string, container: object, spec: object = {}) =>
  object('Pod', name, {
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        { name: 'main', image: testImage, command: ['/bin/sh', '-c', showEnvironment], ...container },
      ],
      ...spec,
    },
  });

const reference = (field: string, name: string, key: string, optional = false) => ({
  valueFrom: { [field]: { name, key, optional } },
});

onEveryRuntime((podTest) => {
  podTest('variables of objects and files in one manifest', async (stage) => {
    await using manifests = new Manifests(stage, 'one');
    manifests.write(
      'all.yaml',
      object('ConfigMap', 'settings', {
        data: { T_A: 'a', 'T_dotted.key': 'b' },
        binaryData: { T_BIN: 'eA==' },
      }),
      object('Secret', 'keys', { stringData: { password: 'p$(T_A)' }, data: { raw: '/0E=' } }),
      pod(
        'web',
        {
          envFrom: [
            { configMapRef: { name: 'settings' } },
            { prefix: 'T_S_', secretRef: { name: 'keys' } },
            { secretRef: { name: 'none', optional: true } },
          ],
          env: [
            { name: 'T_A', ...reference('configMapKeyRef', 'settings', 'T_dotted.key') },
            { name: 'T_B', value: '<$(T_A)$(T_C)$(T_S_password)>' },
            { name: 'T_C', ...reference('secretKeyRef', 'keys', 'password') },
            { name: 'T_D', ...reference('secretKeyRef', 'keys', 'none', true) },
            { name: 'T_E', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'sub/env', key: 'E' } } },
            {
              name: 'T_F',
              valueFrom: { fileKeyRef: { volumeName: 'v', path: 'sub/env', key: 'F', optional: true } },
            },
          ],
          args: ['0', '$(T_E)'],
        },
        {
          initContainers: [
            {
              name: 'init',
              image: testImage,
              command: ['/bin/sh', '-c', `mkdir /v/sub; printf "# a\\nE='1 2' # b\\n" >/v/sub/env`],
              volumeMounts: [{ name: 'v', mountPath: '/v' }],
            },
          ],
          volumes: [{ name: 'v', emptyDir: {} }],
        },
      ),
    );
    assert.deepEqual(await manifests.output('web'), [
      'T_A=b',
      'T_B=<b$(T_C)p$(T_A)>',
      'T_C=p$(T_A)',
      'T_E=1 2',
      'T_S_password=p$(T_A)',
      'T_S_raw=\ufffdA',
      'T_dotted.key=b',
    ]);
    assert.doesNotMatch(manifests.log, /p\$\(T_A\)/);
  });

  podTest('a pod waits for its objects, and starts at once when they are there', async (stage) => {
    await using manifests = new Manifests(stage, 'later');
    const env = [
      { name: 'T_A', ...reference('configMapKeyRef', 'c', 'a') },
      { name: 'T_B', ...reference('secretKeyRef', 's', 'b') },
    ];
    manifests.write('pod.yaml', pod('web', { env }));
    const waits = (message: string) =>
      manifests.pod('web', `waits for ${message}`, ({ containerStatuses = [] }) => {
        const waiting = containerStatuses[0]?.state?.waiting;
        return waiting?.reason === 'CreateContainerConfigError' && waiting.message === message;
      });
    await waits('configmap "c" not found');
    manifests.write('c.yaml', object('ConfigMap', 'c', { data: { A: '1' } }));
    await waits("couldn't find key a in ConfigMap default/c");
    manifests.write('c.yaml', object('ConfigMap', 'c', { data: { a: '1' } }));
    await waits('secret "s" not found');
    // The next retry without an event is seconds away.
    const begin = performance.now();
    manifests.write('s.yaml', object('Secret', 's', { stringData: { b: '2' } }));
    assert.deepEqual(await manifests.output('web'), ['T_A=1', 'T_B=2']);
    assert.ok(performance.now() - begin < 3000, `${performance.now() - begin} ms`);
  });

  podTest('as many variables and bytes as objects hold', async (stage) => {
    await using manifests = new Manifests(stage, 'large');
    const keys = Array.from({ length: 1000 }, (_, index) => [`T_${index}`, `${index}`] as const);
    const parts = Array.from({ length: 10 }, (_, index) => [`P${index}`, 'x'.repeat(104_857)] as const);
    const command = [
      '/bin/sh',
      '-c',
      `${showEnvironment.replace('echo end', 'expr length "$P9"; echo end')}`,
    ];
    manifests.write(
      'all.yaml',
      object('ConfigMap', 'settings', { data: Object.fromEntries(keys) }),
      object('Secret', 'keys', { stringData: Object.fromEntries(parts) }),
      pod('web', {
        command,
        envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys' } }],
      }),
    );
    const output = await manifests.output('web');
    assert.equal(output.pop(), '104857');
    assert.deepEqual(output, keys.map(([key, value]) => `${key}=${value}`).sort());
  });

  podTest('a file of variables that is a FIFO, or a link out of the volume', async (stage) => {
    await using manifests = new Manifests(stage, 'hostile');
    const init = {
      name: 'init',
      image: testImage,
      command: ['/bin/sh', '-c', 'mkfifo /v/fifo; ln -s /etc/hostname /v/link; ln -s ../../../../.. /v/up'],
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
    };
    const files = ['fifo', 'link', 'up/etc/hostname', 'none'];
    const containers = files.map((path, index) => ({
      name: `c${index}`,
      image: testImage,
      env: [{ name: 'X', valueFrom: { fileKeyRef: { volumeName: 'v', path, key: 'X' } } }],
    }));
    const volumes = [{ name: 'v', emptyDir: {} }];
    manifests.write('pod.yaml', pod('web', {}, { initContainers: [init], containers, volumes }));
    const { status } = await manifests.pod('web', 'cannot read them', ({ containerStatuses = [] }) =>
      containerStatuses.every(({ state }) => state?.waiting?.reason === 'CreateContainerConfigError'),
    );
    for (const { state } of status.containerStatuses ?? []) {
      assert.equal(state?.waiting?.message, "couldn't parse env file");
    }
    await until('the log says why', () => /is a FIFO, not a regular file/.test(manifests.log));
  });
});
