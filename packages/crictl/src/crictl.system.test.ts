// crictl as people call it, against Debian's containerd and a real registry.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Containerd, startContainerd } from '@berth/test-support/containerd.ts';
import { engineOfTests, crictl as program } from '@berth/test-support/crictl.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { startRegistry, type TestRegistry } from '@berth/test-support/image-registry.ts';
import { writeTestImage } from '@berth/test-support/images.ts';
import { leaks, takeCensus } from '@berth/test-support/leaks.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { parse } from 'yaml';

const dir = scratchDir('crictl');
const cgroupParent = '/berth-test-crictl';
const podFile = join(dir.path, 'pod.yaml');
const containerFile = join(dir.path, 'container.json');
let containerd: Containerd;
let registry: TestRegistry;

interface Output {
  code: number | null;
  out: string;
  err: string;
}

function crictlWith(env: NodeJS.ProcessEnv, ...args: string[]): Output {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...engineOfTests, CRI_CONFIG_FILE: join(dir.path, 'crictl.yaml'), ...env },
    timeout: 300_000,
  });
  return { code: status, out: stdout, err: stderr };
}

const crictl = (...args: string[]) => crictlWith({}, ...args);

function succeed(...args: string[]): string {
  const { code, out, err } = crictl(...args);
  assert.equal(code, 0, `crictl ${args.join(' ')}: ${err}`);
  return out.trimEnd();
}

function refuse(message: RegExp, ...args: string[]): void {
  const { code, out, err } = crictl(...args);
  assert.equal(code, 1, `crictl ${args.join(' ')} printed ${out}`);
  assert.match(err.replaceAll('\\"', '"'), message);
}

before(async () => {
  moveHugetlbToV1();
  mkdirSync(join(dir.path, 'cni'));
  mkdirSync(join(dir.path, 'logs/main'), { recursive: true });
  containerd = await startContainerd({
    dir: join(dir.path, 'containerd'),
    cniConfDir: join(dir.path, 'cni'),
  });
  registry = await startRegistry();
  writeFileSync(
    join(dir.path, 'crictl.yaml'),
    `runtime-endpoint: unix://${containerd.socket}\ntimeout: 120\n`,
  );
  writeFileSync(
    podFile,
    `metadata: { name: web, namespace: default, uid: u-1 }
log_directory: ${dir.path}/logs
labels: { io.kubernetes.pod.name: web, io.kubernetes.pod.namespace: default }
linux:
  cgroup_parent: ${cgroupParent}
  security_context: { namespace_options: { network: NODE, pid: 1 } }
`,
  );
  const script =
    'echo out; echo err >&2; i=0; while [ ! -e /tmp/end ]; do sleep 0.1; done; echo last; exit 4';
  writeFileSync(
    containerFile,
    JSON.stringify({
      metadata: { name: 'main' },
      image: { image: testImage },
      command: ['/bin/sh', '-c', script],
      envs: [{ key: 'A', value: 'b c' }],
      log_path: 'main/0.log',
      labels: { 'io.kubernetes.pod.name': 'web', 'io.kubernetes.pod.namespace': 'default' },
      linux: { security_context: { namespace_options: { network: 2, pid: 1 } } },
    }),
  );
});

after(async () => {
  crictl('rmp', '-af');
  await registry?.stop();
  await containerd?.stop();
  for (const hierarchy of readdirSync('/sys/fs/cgroup')) {
    const cgroup = `/sys/fs/cgroup/${hierarchy}${cgroupParent}`;
    if (existsSync(cgroup)) rmdirSync(cgroup);
  }
  dir[Symbol.dispose]();
});

test('version and info tell of the runtime', () => {
  assert.match(succeed('version'), /^Version: {2}0.1.0\nRuntimeName: {2}containerd\n/);
  const info = JSON.parse(succeed('info'));
  assert.equal(info.status.conditions[0].type, 'RuntimeReady');
  assert.equal(typeof info.config, 'object');
  assert.deepEqual(parse(succeed('info', '-q', '-o', 'yaml')), { status: info.status });
});

test('a pod lives from runp to rmp', { timeout: 600_000 }, async () => {
  const census = takeCensus([]);
  const pod = succeed('runp', podFile);
  assert.match(pod, /^[0-9a-f]{64}$/);
  const container = succeed('create', pod.slice(0, 10), containerFile, podFile);
  assert.match(
    succeed('ps', '-a'),
    /^CONTAINER +IMAGE +CREATED +STATE +NAME +ATTEMPT +POD ID +POD +NAMESPACE\n/,
  );
  assert.match(succeed('ps', '-a'), /ago +Created +main +0 /);
  assert.equal(succeed('ps', '-q'), '');
  assert.equal(succeed('start', container.slice(0, 6)), container.slice(0, 6));
  assert.equal(succeed('ps', '-q'), container);
  assert.match(
    succeed('pods'),
    new RegExp(`^POD ID.*\n${pod.slice(0, 13)} .* Ready +web +default +0 +\\(default\\)$`),
  );
  assert.equal(succeed('pods', '-q', '--name', '^we', '--state', 'ready'), pod);
  assert.equal(
    succeed('ps', '-q', '--pod', pod.slice(0, 8), '--image', testImage, '--name', 'ai'),
    container,
  );
  assert.equal(JSON.parse(succeed('ps', '-o', 'json')).containers[0].id, container);
  assert.equal(parse(succeed('pods', '-o', 'yaml')).items[0].metadata.name, 'web');

  assert.equal(succeed('exec', '-s', container, 'sh', '-c', 'echo "$A"'), 'b c');
  refuse(/command 'sh -c exit 3' exited with 3: /, 'exec', '-s', container, 'sh', '-c', 'exit 3');
  assert.equal(succeed('exec', container, 'sh', '-c', 'echo "$A"'), 'b c');
  refuse(/command terminated with exit code 3/, 'exec', container, 'sh', '-c', 'exit 3');

  const { status } = JSON.parse(succeed('inspect', container));
  assert.deepEqual(
    [status.state, status.exitCode, status.finishedAt],
    ['CONTAINER_RUNNING', 0, '0001-01-01T00:00:00Z'],
  );
  assert.equal(parse(succeed('inspectp', '-o', 'yaml', pod)).status.state, 'SANDBOX_READY');
  assert.match(
    succeed('inspect', '-q', '-o', 'table', container),
    /^ID: .*\nName: main\nState: CONTAINER_RUNNING\n/,
  );

  const logs = crictl('logs', container);
  assert.deepEqual([logs.out, logs.err], ['out\n', 'err\n']);
  assert.equal(succeed('logs', '--tail', '0', container), '');
  assert.match(crictl('logs', '-t', container).out, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}\S+ out\n$/);
  const following = spawn(program, ['logs', '-f', container], {
    env: { PATH: process.env.PATH, CRI_CONFIG_FILE: join(dir.path, 'crictl.yaml') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const followed = new Promise<string>((resolve) => {
    let text = '';
    following.stdout.on('data', (bytes: Buffer) => {
      text += bytes;
    });
    following.on('close', () => resolve(text));
  });
  succeed('exec', '-s', container, 'touch', '/tmp/end');
  assert.equal(await followed, 'out\nlast\n', 'following ends with the container');

  const ended = JSON.parse(succeed('inspect', container)).status;
  assert.deepEqual([ended.state, ended.exitCode, ended.reason], ['CONTAINER_EXITED', 4, 'Error']);
  refuse(/pod sandbox ".*" is running, please stop it first/, 'rmp', pod);
  succeed('rm', container);
  assert.equal(existsSync(join(dir.path, 'logs/main/0.log')), false, 'the log goes with the container');
  assert.equal(succeed('stopp', pod), `Stopped sandbox ${pod}`);
  assert.equal(succeed('rmp', pod), `Removed sandbox ${pod}`);
  assert.equal(succeed('pods', '-q'), '');
  const left = leaks(census, takeCensus([])).filter((line) => line.includes(pod) || line.includes(container));
  assert.deepEqual(left, []);
});

test('run does it all at once, rmp -f takes it away', { timeout: 600_000 }, () => {
  const container = succeed('run', '--no-pull', containerFile, podFile);
  assert.equal(succeed('ps', '-q', '--latest'), container);
  refuse(/container ".*" is running, please stop it first/, 'rm', container);
  assert.match(succeed('stop', '--all', '-t', '0'), new RegExp(`${container}`));
  assert.equal(succeed('ps', '-q', '-s', 'exited'), container);
  assert.match(succeed('rmp', '-af'), /^Stopped sandbox .*\nRemoved sandbox /);
});

test('images are pulled from a registry and removed', { timeout: 600_000 }, async () => {
  const layout = join(dir.path, 'layout');
  await writeTestImage(layout);
  await registry.push(layout, testImage, 'app', '2');
  const name = `${registry.address}/app:2`;
  const { id } = JSON.parse(succeed('inspecti', '-q', testImage)).status;
  assert.match(succeed('pull', name), /^Image is up to date for sha256:/);
  assert.match(succeed('images'), new RegExp(`^${registry.address}/app +2 +[0-9a-f]{13} +[0-9.]+MB$`, 'm'));
  const inspected = JSON.parse(succeed('inspecti', name)).status;
  assert.equal(inspected.id, id, 'the same image under another name');
  assert.deepEqual(inspected.repoTags.toSorted(), [name, testImage].toSorted());
  refuse(/pulling image: .*nothing-here/, 'pull', `${registry.address}/nothing-here:1`);
  refuse(/no such image nope/, 'rmi', 'nope');
  const removed = crictl('rmi', name);
  assert.match(removed.err, /has multiple tags. Removing this image will delete all/);
  assert.deepEqual(
    removed.out.trimEnd().split('\n').toSorted(),
    [`Deleted: ${name}`, `Deleted: ${testImage}`].toSorted(),
  );
});

test('mistakes are named', () => {
  const bad = join(dir.path, 'bad.json');
  writeFileSync(bad, JSON.stringify({ metadata: { name: 'a', namespace: 'b' }, linux: { cgroup: 'x' } }));
  const { err } = crictl('runp', bad);
  assert.match(err.replaceAll('\\"', '"'), /level=warning msg=".*bad.json: unknown field "linux.cgroup"/);
  writeFileSync(bad, '{ metadata: [');
  refuse(/bad.json is neither JSON nor YAML/, 'runp', bad);
  refuse(/config at \/nope not found/, 'runp', '/nope');
  refuse(/code = NotFound/, 'inspect', 'nope');
  refuse(/flag provided but not defined: -nope/, 'ps', '--nope');
  refuse(/attaching running container failed: rpc error: code = NotFound/, 'attach', 'x');
  refuse(/dial unix \/nope: connect: no such file or directory/, '-r', 'unix:///nope', 'ps');
  refuse(/protocol "tcp" is not supported/, '-r', 'tcp://1.2.3.4:5', 'ps');
  refuse(/load config file: stat \S+crictl.yaml: no such file or directory/, '-c', '/nope', 'ps');
  assert.equal(crictl('nonsense').code, 3);
});

test('endpoints come from flags, variables and the file', () => {
  const file = join(dir.path, 'other.yaml');
  const unset = { CRI_CONFIG_FILE: file };
  writeFileSync(file, '');
  assert.equal(crictlWith(unset, 'config', '--set', 'runtime-endpoint=unix:///nope,timeout=5').code, 0);
  assert.match(crictlWith(unset, 'config', '--list').out, /^runtime-endpoint +unix:\/\/\/nope$/m);
  assert.equal(crictlWith(unset, 'config', '--get', 'timeout').out, '5\n');
  assert.match(crictlWith(unset, 'version').err, /dial unix \/nope/);
  const variable = { ...unset, CONTAINER_RUNTIME_ENDPOINT: `unix://${containerd.socket}` };
  assert.equal(crictlWith(variable, 'version').code, 0);
  assert.match(crictlWith(variable, '-D', 'version').err, /level=debug msg="version request: .*v1/);
  assert.equal(crictlWith(unset, '--runtime-endpoint', containerd.socket, 'images', '-q').code, 0);
});
