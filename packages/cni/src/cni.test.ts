import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { Cni } from './cni.ts';
import { parseConfList } from './config/conf-list.ts';
import type { Exec, PluginExit } from './plugin/exec.ts';
import { CniError } from './spec/errors.ts';
import { isJsonObject, type JsonObject } from './spec/json.ts';

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cni-unit-'));
  for (const plugin of ['first', 'second']) await writeFile(join(dir, plugin), '');
});
after(() => rm(dir, { recursive: true }));

interface Call {
  verb: string;
  plugin: string;
  env: Readonly<NodeJS.ProcessEnv>;
  config: JsonObject;
}
let calls: Call[] = [];
let answers: Record<string, Partial<PluginExit>> = {};
beforeEach(() => {
  calls = [];
  answers = {};
});

const exec: Exec = async ({ path, env, stdin }) => {
  const plugin = path.slice(dir.length + 1);
  const config: unknown = JSON.parse(stdin);
  assert.ok(isJsonObject(config));
  const verb = env.CNI_COMMAND ?? '';
  calls.push({ verb, plugin, env, config });
  const stdout = verb === 'ADD' ? JSON.stringify({ ips: [{ address: `10.0.0.${calls.length}/8` }] }) : '';
  const answer = answers[`${verb} ${plugin}`];
  return { ended: 'exit', code: 0, killedBy: null, stdout: answer ? '' : stdout, stderr: '', ...answer };
};

const environment = { PATH: '/bin', NODE_NAME: 'one', CNI_COMMAND: 'not mine' };
const cni = () => new Cni({ pluginDirs: [dir], cacheDir: dir, exec, timeoutMs: 5000, environment });
const network = (fields: object = {}) =>
  parseConfList(
    JSON.stringify({
      cniVersion: '1.0.0',
      name: 'net',
      plugins: [
        { type: 'first', capabilities: { portMappings: true } },
        { type: 'second', option: 1 },
      ],
      ...fields,
    }),
  );
const runtime = {
  containerId: 'c1',
  netns: '/run/netns/x',
  ifName: 'eth0',
  args: [
    ['IgnoreUnknown', '1'],
    ['K8S_POD_NAME', 'p'],
  ] as const,
  capabilityArgs: { portMappings: [{ hostPort: 1 }], dns: { servers: ['1.1.1.1'] } },
};
const order = () => calls.map(({ verb, plugin }) => `${verb} ${plugin}`);
const results = () => readdir(join(dir, 'results'));

test('ADD runs the chain in order and DEL in reverse, with the recorded result', async () => {
  const result = await cni().addNetworkList(network(), runtime);
  assert.deepEqual(result.ips, [{ address: '10.0.0.2/8' }]);
  assert.deepEqual(calls[0]?.config, {
    type: 'first',
    capabilities: { portMappings: true },
    name: 'net',
    cniVersion: '1.0.0',
    runtimeConfig: { portMappings: [{ hostPort: 1 }] },
  });
  assert.deepEqual(calls[1]?.config, {
    type: 'second',
    option: 1,
    name: 'net',
    cniVersion: '1.0.0',
    prevResult: { cniVersion: '1.0.0', ips: [{ address: '10.0.0.1/8' }] },
  });
  // As with libcni a plugin has the environment of the runtime.
  assert.deepEqual(calls[0]?.env, {
    PATH: '/bin',
    NODE_NAME: 'one',
    CNI_COMMAND: 'ADD',
    CNI_CONTAINERID: 'c1',
    CNI_NETNS: '/run/netns/x',
    CNI_IFNAME: 'eth0',
    CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_NAME=p',
    CNI_PATH: dir,
  });
  assert.deepEqual(await results(), ['net-c1-eth0']);

  await cni().checkNetworkList(network(), runtime);
  await cni().delNetworkList(network(), { ...runtime, netns: '' });
  assert.deepEqual(order(), [
    'ADD first',
    'ADD second',
    'CHECK first',
    'CHECK second',
    'DEL second',
    'DEL first',
  ]);
  for (const { config } of calls.slice(2)) {
    assert.deepEqual(config.prevResult, { cniVersion: '1.0.0', ips: [{ address: '10.0.0.2/8' }] });
  }
  assert.equal(calls[4]?.env.CNI_NETNS, '');
  assert.deepEqual(await results(), []);
});

test('DEL without a record has no prevResult; before 0.4.0 it never has one', async () => {
  await cni().delNetworkList(network(), runtime);
  assert.ok(calls.every(({ config }) => !('prevResult' in config)));
  const old = network({ cniVersion: '0.3.1' });
  await cni().addNetworkList(old, runtime);
  assert.deepEqual(calls[3]?.config.prevResult, {
    cniVersion: '0.3.1',
    ips: [{ version: '4', address: '10.0.0.3/8' }],
    dns: {},
  });
  await cni().delNetworkList(old, runtime);
  assert.ok(calls.slice(4).every(({ config }) => !('prevResult' in config)));
});

test('DEL under a version that nobody speaks has no prevResult, as libcni has it', async () => {
  answers['ADD second'] = { stdout: '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.1/8"}]}' };
  answers['ADD first'] = answers['ADD second'];
  const future = network({ cniVersion: '9.9.9' });
  await cni().addNetworkList(future, runtime);
  await cni().delNetworkList(future, runtime);
  assert.deepEqual(order().slice(2), ['DEL second', 'DEL first']);
  assert.ok(calls.slice(2).every(({ config }) => !('prevResult' in config)));
});

test('DEL of an unreadable record goes on without it; a failed DEL keeps the record', async () => {
  await cni().addNetworkList(network(), runtime);
  answers['DEL first'] = { code: 1, stdout: '{"code":11,"msg":"busy"}' };
  await assert.rejects(cni().delNetworkList(network(), runtime), { code: 11 });
  assert.deepEqual(await results(), ['net-c1-eth0']);
  answers = {};
  await writeFile(join(dir, 'results/net-c1-eth0'), 'garbage');
  await cni().delNetworkList(network(), runtime);
  assert.deepEqual(await results(), []);
});

for (const cniVersion of [undefined, '', '0.1.0', '0.2.0']) {
  test(`a configuration of version ${JSON.stringify(cniVersion)}: plugins are told what they print`, async () => {
    const old = network({ cniVersion });
    answers['ADD first'] = { stdout: '{"ip4":{"ip":"10.0.0.5/8","gateway":"10.0.0.1"}}' };
    answers['ADD second'] = { stdout: '{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.6/8"},"dns":{}}' };
    const result = await cni().addNetworkList(old, runtime);
    assert.deepEqual(result.ips, [{ address: '10.0.0.6/8' }]);
    assert.equal(calls[0]?.config.cniVersion, cniVersion ?? '');
    assert.deepEqual(calls[1]?.config.prevResult, {
      cniVersion: cniVersion || '0.1.0',
      ip4: { ip: '10.0.0.5/8', gateway: '10.0.0.1' },
      dns: {},
    });
    const [cached] = await cni().getCachedAttachments('c1');
    assert.deepEqual(cached?.result, { cniVersion: '0.2.0', dns: {}, ip4: { ip: '10.0.0.6/8' } });
    await assert.rejects(cni().checkNetworkList(old, runtime), /CHECK exists since 0\.4\.0/);
    await cni().statusNetworkList(old);
    await cni().delNetworkList(old, runtime);
    assert.deepEqual(order(), ['ADD first', 'ADD second', 'DEL second', 'DEL first']);
  });
}

test('a version that only the plugins know is theirs to judge', async () => {
  const unknown = network({ cniVersion: '1.7.0' });
  answers['ADD first'] = { stdout: '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.5/8"}]}' };
  answers['ADD second'] = { stdout: '{"cniVersion":"1.1.0","ips":[{"address":"10.0.0.6/8"}]}' };
  await cni().addNetworkList(unknown, runtime);
  assert.equal(calls[1]?.config.cniVersion, '1.7.0');
  await cni().delNetworkList(unknown, runtime);
  answers['ADD second'] = { stdout: '{"ips":[]}' };
  await assert.rejects(cni().addNetworkList(unknown, runtime), /cniVersion: "1\.7\.0" is not supported/);
  await cni().delNetworkList(unknown, runtime);
});

test('a DEL that goes on asks every plugin, and fails all the same', async () => {
  await cni().addNetworkList(network(), runtime);
  answers['DEL second'] = { code: 1, stdout: '{"code":11,"msg":"busy"}' };
  await assert.rejects(cni().delNetworkList(network(), runtime, { continueOnError: true }), { code: 11 });
  assert.deepEqual(order().slice(2), ['DEL second', 'DEL first']);
  assert.deepEqual(await results(), ['net-c1-eth0']);
  await cni().forget('net', runtime);
  assert.deepEqual(await results(), []);
});

for (const content of ['', '{"kind":"cniCacheV1","contain', '{"cniVersion":"0.4.0","ips":[]}']) {
  test(`a record that cannot be read is told of: ${JSON.stringify(content)}`, async () => {
    await cni().addNetworkList(network({ name: 'my-net' }), runtime);
    await writeFile(join(dir, 'results/my-net-c1-eth0'), content);
    const damaged = { networkName: 'my-net', containerId: 'c1', ifName: 'eth0' };
    assert.deepEqual(await cni().damagedRecords('c1'), [damaged]);
    assert.deepEqual(await cni().damagedRecords('c'), []);
    await cni().delNetworkList(network({ name: 'my-net' }), runtime);
    assert.deepEqual(await cni().damagedRecords('c1'), []);
  });
}

test('CHECK is refused before 0.4.0 and skipped by disableCheck', async () => {
  await assert.rejects(
    cni().checkNetworkList(network({ cniVersion: '0.3.1' }), runtime),
    /CHECK exists since 0\.4\.0/,
  );
  await cni().checkNetworkList(network({ disableCheck: true }), runtime);
  assert.deepEqual(order(), []);
});

test('GC deletes what is not valid, on this network only, then asks the plugins', async () => {
  const net = network({ cniVersion: '1.1.0' });
  const other = network({ name: 'other' });
  await cni().addNetworkList(net, runtime);
  await cni().addNetworkList(net, { ...runtime, containerId: 'c2' });
  await cni().addNetworkList(other, { ...runtime, containerId: 'c3' });
  calls = [];
  await cni().gcNetworkList(net, [{ containerId: 'c2', ifName: 'eth0' }]);
  assert.deepEqual(order(), ['DEL second', 'DEL first', 'GC first', 'GC second']);
  assert.equal(calls[0]?.env.CNI_CONTAINERID, 'c1');
  assert.deepEqual(calls[2]?.config['cni.dev/attachments'], [{ containerID: 'c2', ifname: 'eth0' }]);
  assert.deepEqual(await results(), ['net-c2-eth0', 'other-c3-eth0']);
  assert.deepEqual(
    (await cni().getCachedAttachments('c3')).map(({ networkName }) => networkName),
    ['other'],
  );
  calls = [];
  await cni().gcNetworkList(network({ cniVersion: '1.1.0', disableGC: true }), []);
  assert.deepEqual(order(), []);
  answers['DEL first'] = { code: 1, stdout: '{"code":11,"msg":"busy"}' };
  answers['GC second'] = { code: 1, stdout: '{"code":5,"msg":"no"}' };
  await assert.rejects(
    cni().gcNetworkList(net, []),
    (error) => error instanceof AggregateError && /first .*busy; .*second .*no/.test(error.message),
  );
  answers = {};
  await cni().gcNetworkList(net, []);
  await cni().gcNetworkList(other, []);
  assert.deepEqual(await results(), []);
});

test('STATUS asks from 1.1.0 on', async () => {
  await cni().statusNetworkList(network());
  assert.deepEqual(order(), []);
  answers['STATUS second'] = { code: 1, stdout: '{"code":50,"msg":"no daemon"}' };
  await assert.rejects(cni().statusNetworkList(network({ cniVersion: '1.1.0' })), {
    code: 50,
    plugin: 'second',
  });
});

test('VERSION', async () => {
  answers['VERSION first'] = { stdout: '{"cniVersion":"1.0.0","supportedVersions":["0.4.0","1.0.0"]}' };
  assert.deepEqual(await cni().getVersionInfo('first'), {
    cniVersion: '1.0.0',
    supportedVersions: ['0.4.0', '1.0.0'],
  });
  await assert.rejects(
    cni().getVersionInfo('second'),
    /CNI plugin second \(VERSION\): printed no version information/,
  );
});

for (const [answer, failure, message] of [
  [
    { code: 1, stdout: '{"cniVersion":"1.0.0","code":7,"msg":"bad bridge","details":"name too long"}' },
    'plugin',
    'CNI plugin second (network net, ADD): bad bridge; name too long',
  ],
  [
    { code: 2, stderr: 'panic: boom\n' },
    'crashed',
    'CNI plugin second (network net, ADD): failed with exit code 2: panic: boom',
  ],
  [
    { code: null, killedBy: 'SIGSEGV' },
    'crashed',
    'CNI plugin second (network net, ADD): failed with signal SIGSEGV, printing nothing',
  ],
  [{ stdout: 'hello' }, 'garbage', 'CNI plugin second (network net, ADD): printed no JSON, but "hello"'],
  [
    { stdout: '{"ips":[{"address":"x"}]}' },
    'garbage',
    'CNI plugin second (network net, ADD): printed a result that does not follow the spec: ips[0].address: "x" is not an IP address with prefix length',
  ],
  [
    { ended: 'timeout', code: null, killedBy: 'SIGKILL' },
    'timeout',
    'CNI plugin second (network net, ADD): did not end within 5 s and was killed, printing nothing',
  ],
  [
    { ended: 'output-too-large', code: null, killedBy: 'SIGKILL', stdout: 'aaa' },
    'output-too-large',
    'CNI plugin second (network net, ADD): printed too much and was killed: aaa',
  ],
] as const) {
  test(`a failing plugin: ${failure}`, async () => {
    answers['ADD second'] = answer;
    await assert.rejects(
      cni().addNetworkList(network(), runtime),
      (error) => error instanceof CniError && error.failure === failure && error.message === message,
    );
    const [left] = await cni().getCachedAttachments('c1');
    assert.deepEqual([left?.netns, left?.config, left?.result], [runtime.netns, network().text, undefined]);
    await cni().delNetworkList(network(), runtime);
    assert.deepEqual(await results(), []);
  });
}

test('a plugin that is not installed: the directories are named', async () => {
  const list = network({ name: 'n', plugins: [{ type: 'absent' }] });
  await assert.rejects(cni().addNetworkList(list, runtime), {
    failure: 'missing',
    message: new RegExp(`^CNI plugin absent \\(network n, ADD\\): is not installed; searched ${dir} `),
  });
});

for (const [fields, message] of [
  [{ containerId: '../x' }, /container id "\.\.\/x" must start/],
  [{ ifName: 'a/b' }, /interface name "a\/b" must not contain/],
  [{ ifName: 'sixteen-letters-' }, /longer than 15 bytes/],
  [{ netns: '' }, /network namespace must not be empty/],
  [{ ifName: 'a\0b' }, /interface name "a\\u0000b" must not contain/],
  [{ args: [['K8S_POD_NAME', 'web;K8S_POD_UID=1']] }, /argument "web;K8S_POD_UID=1" must not contain/],
  [{ args: [['K8S_POD_NAME', 'a\nb']] }, /argument "a\\nb" must not contain/],
] as const) {
  test(`refused: ${JSON.stringify(fields)}`, async () => {
    await assert.rejects(cni().addNetworkList(network(), { ...runtime, ...fields }), {
      failure: 'arguments',
      message,
    });
    assert.deepEqual(order(), []);
  });
}
