// CNI: configurations in the node's folder, and what plugins print.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeepPartial, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { digestOf } from '@berth/oci/image-spec/digest.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { until } from '@berth/test-support/until.ts';
import type { Case, Json, Outcome } from '../case.ts';
import { refused } from './container.ts';
import { hasNetwork, type RuntimeSide, removePod, runPod } from './node.ts';

// A case leaves its files to the next one; the node's own network comes back after all cases.

const area = 'cni';

type Files = Readonly<Record<string, Json>>;

/** What plugins print, by the names that configurations have for it. */
const answers = new Map<string, string>();

/**
 * The plugin `fake`: for ADD it prints `answer`, a text or JSON, and ends with `code`; DEL ends with `del`, and STATUS
 * tells the error `status`. It records its calls.
 */
function plugin(answer: Json, more: { [key: string]: Json } = {}): { [key: string]: Json } {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const name = digestOf(text).slice(7, 15);
  answers.set(name, text);
  return { type: 'fake', answer: name, ...more };
}

const result = (more: { [key: string]: Json } = {}): Json => ({
  cniVersion: '1.0.0',
  interfaces: [{ name: 'eth0', sandbox: '/x' }],
  ips: [{ address: '10.99.0.5/24', interface: 0 }],
  ...more,
});
const list = (plugins: Json[], more: { [key: string]: Json | undefined } = {}): Json => ({
  cniVersion: '1.0.0',
  name: 'case',
  plugins,
  ...more,
});
const conflist = (content: Json): Files => ({ '10-case.conflist': content });
const answering = (answer: Json): Files => conflist(list([plugin(answer)]));
const old = (answer: { [key: string]: Json }, cniVersion = '0.2.0'): Files =>
  conflist(list([plugin({ cniVersion, ...answer })], { cniVersion }));

// A version that is no number is left out: containerd can never stop the pod whose ADD failed on it.
const configurations: Readonly<Record<string, Files>> = {
  'a list': answering(result()),
  'one plugin in a .conf': { '10-case.conf': { cniVersion: '1.0.0', name: 'case', ...plugin(result()) } },
  'one plugin in a .json': { '10-case.json': { cniVersion: '1.0.0', name: 'case', ...plugin(result()) } },
  'a list in a .conf': { '10-case.conf': list([plugin(result())]) },
  'one plugin in a .conflist': {
    '10-case.conflist': { cniVersion: '1.0.0', name: 'case', ...plugin(result()) },
  },
  'no version': conflist(list([plugin(result())], { cniVersion: undefined })),
  'an empty version': conflist(list([plugin(result())], { cniVersion: '' })),
  'version 0.1.0': old({ ip4: { ip: '10.99.0.5/24' } }, '0.1.0'),
  'version 0.2.0': old({ ip4: { ip: '10.99.0.5/24' } }),
  'version 0.3.0': old({ ips: [{ version: '4', address: '10.99.0.5/24' }] }, '0.3.0'),
  'version 0.3.1': old({ ips: [{ version: '4', address: '10.99.0.5/24' }] }, '0.3.1'),
  'version 0.4.0': old({ ips: [{ version: '4', address: '10.99.0.5/24' }] }, '0.4.0'),
  'version 1.1.0': conflist(list([plugin(result({ cniVersion: '1.1.0' }))], { cniVersion: '1.1.0' })),
  'a version that does not exist': conflist(list([plugin(result())], { cniVersion: '9.9.9' })),
  'a version that is a number': conflist(list([plugin(result())], { cniVersion: 1 })),
  'several versions': conflist(
    list([plugin(result())], { cniVersion: undefined, cniVersions: ['0.4.0', '1.0.0'] }),
  ),
  'no name': conflist(list([plugin(result())], { name: undefined })),
  'a name with a blank': conflist(list([plugin(result())], { name: 'a case' })),
  'a name with a slash': conflist(list([plugin(result())], { name: 'a/case' })),
  'a name in capitals with dots': conflist(list([plugin(result())], { name: 'Case.One_2' })),
  'a long name': conflist(list([plugin(result())], { name: 'n'.repeat(300) })),
  'no plugins': conflist(list([])),
  'plugins of null': conflist({ cniVersion: '1.0.0', name: 'case', plugins: null }),
  'a plugin without a type': conflist(list([{ answer: result() }])),
  'a plugin that is missing': conflist(list([{ type: 'no-such-plugin' }])),
  'a plugin by a path': conflist(list([{ ...plugin(result()), type: '../fake' }])),
  'a plugin with a name of its own': conflist(
    list([plugin(result(), { name: 'other', cniVersion: '0.3.0' })]),
  ),
  'members that are unknown': conflist(
    list([plugin(result(), { mine: { a: [1] } })], { mine: 1, 'x-note': 'y' }),
  ),
  'a member twice': conflist(JSON.stringify(list([plugin(result())])).replace(/^\{/, '{"name":"other",')),
  'members of another case': conflist({ CniVersion: '1.0.0', Name: 'case', Plugins: [plugin(result())] }),
  disableCheck: conflist(list([plugin(result())], { disableCheck: true })),
  'disableCheck in text': conflist(list([plugin(result())], { disableCheck: 'true' })),
  'disableCheck in other text': conflist(list([plugin(result())], { disableCheck: 'yes' })),
  'disableGC and loadOnlyInlinedPlugins': conflist(
    list([plugin(result())], { disableGC: true, loadOnlyInlinedPlugins: true }),
  ),
  'a byte order mark': conflist(`\ufeff${JSON.stringify(list([plugin(result())]))}`),
  'text after it': conflist(`${JSON.stringify(list([plugin(result())]))}\nx`),
  'a comment': conflist(`// mine\n${JSON.stringify(list([plugin(result())]))}`),
  'a comma too many': conflist(JSON.stringify(list([plugin(result())])).replace(/\}$/, ',}')),
  'an empty file': conflist(''),
  'an empty file before it': { '00-empty.conflist': '', ...answering(result()) },
  'a broken file before it': { '00-broken.conflist': '{', ...answering(result()) },
  'a list without plugins before it': { '00-empty.conflist': list([]), ...answering(result()) },
  'a file of another ending before it': {
    '00-case.conf.bak': '{',
    '00-case.txt': 'x',
    ...answering(result()),
  },
  'two lists': {
    ...answering(result()),
    '20-other.conflist': list([plugin(result({ ips: [{ address: '10.99.0.6/24' }] }))], { name: 'other' }),
  },
  'a hidden file': { '.10-case.conflist': list([plugin(result())]) },
  'no files': {},
  'capabilities that nobody wants': conflist(
    list([
      plugin(result(), {
        capabilities: {
          portMappings: true,
          bandwidth: true,
          ipRanges: true,
          dns: true,
          mac: true,
          mine: true,
        },
      }),
    ]),
  ),
  'capabilities that are off': conflist(list([plugin(result(), { capabilities: { portMappings: false } })])),
  'arguments of CNI': conflist(list([plugin(result(), { args: { cni: { labels: [] } } })])),
};

// Left out are addresses of an interface that the result lacks: containerd 2.4.2 panics on them and is gone.
const results: Readonly<Record<string, Json>> = {
  'as usual': result(),
  'no version': result({ cniVersion: undefined as never }),
  'another version': result({ cniVersion: '0.4.0', ips: [{ version: '4', address: '10.99.0.5/24' }] }),
  'a version that does not exist': result({ cniVersion: '7.0.0' }),
  'no interfaces': result({ interfaces: [], ips: [{ address: '10.99.0.5/24' }] }),
  'interfaces of null': result({ interfaces: null, ips: [{ address: '10.99.0.5/24' }] }),
  'no addresses': result({ ips: [] }),
  'addresses of null': result({ ips: null }),
  'an address without an interface': result({ ips: [{ address: '10.99.0.5/24' }] }),
  'an address of an interface of the host': result({
    interfaces: [{ name: 'veth0' }, { name: 'eth0', sandbox: '/x' }],
    ips: [{ address: '10.99.0.5/24', interface: 0 }],
  }),
  'an address without a length': result({ ips: [{ address: '10.99.0.5' }] }),
  'an address that is none': result({ ips: [{ address: 'nonsense' }] }),
  'two families': result({
    ips: [
      { address: '10.99.0.5/24', interface: 0 },
      { address: 'fd00::5/64', interface: 0 },
    ],
  }),
  'IPv6 first': result({
    ips: [
      { address: 'fd00::5/64', interface: 0 },
      { address: '10.99.0.5/24', interface: 0 },
    ],
  }),
  'IPv6 alone': result({ ips: [{ address: 'fd00:0:0::5/64', interface: 0 }] }),
  'IPv4 in IPv6': result({ ips: [{ address: '::ffff:10.99.0.5/120', interface: 0 }] }),
  'an address with zeros': result({ ips: [{ address: '10.099.0.05/24', interface: 0 }] }),
  'three addresses': result({
    ips: ['10.99.0.5/24', '10.99.0.6/24', '10.99.0.7/24'].map((address) => ({ address, interface: 0 })),
  }),
  'two interfaces': result({
    interfaces: [
      { name: 'eth0', sandbox: '/x' },
      { name: 'net1', sandbox: '/x' },
    ],
    ips: [
      { address: '10.99.0.5/24', interface: 0 },
      { address: '10.98.0.5/24', interface: 1 },
    ],
  }),
  'another interface alone': result({ interfaces: [{ name: 'net1', sandbox: '/x' }] }),
  'a gateway of null': result({ ips: [{ address: '10.99.0.5/24', gateway: null, interface: 0 }] }),
  'an empty gateway': result({ ips: [{ address: '10.99.0.5/24', gateway: '', interface: 0 }] }),
  routes: result({
    routes: [
      { dst: '0.0.0.0/0', gw: '10.99.0.1' },
      { dst: '10.0.0.0/8' },
      { dst: '::/0', mtu: 1400, scope: 0 },
    ],
  }),
  'a route that is none': result({ routes: [{ dst: 'x' }] }),
  'names of servers': result({
    dns: { nameservers: ['10.99.0.1'], domain: 'a.test', search: ['b.test'], options: ['ndots:2'] },
  }),
  'dns of null': result({ dns: null }),
  'members that are unknown': result({ mine: { a: 1 } }),
  'a member twice': JSON.stringify(result()).replace(/^\{/, '{"cniVersion":"0.4.0",'),
  'text before it': `a warning\n${JSON.stringify(result())}`,
  'text after it': `${JSON.stringify(result())}\nmore`,
  'a byte order mark': `\ufeff${JSON.stringify(result())}`,
  'blanks around it': `\n\n ${JSON.stringify(result(), undefined, 2)} \n\n`,
  nothing: '',
  'an empty object': {},
  null: 'null',
  'a list': [],
  'the result of version 0.2.0': {
    cniVersion: '0.2.0',
    ip4: { ip: '10.99.0.5/24', gateway: '10.99.0.1', routes: [{ dst: '0.0.0.0/0' }] },
    dns: {},
  },
  'the old result without a version': { ip4: { ip: '10.99.0.5/24' } },
  'MAC and MTU': result({
    interfaces: [
      { name: 'eth0', mac: '00:11:22:33:44:55', sandbox: '/x', mtu: 1400, socketPath: '', pciID: '' },
    ],
  }),
  'a MAC that is none': result({ interfaces: [{ name: 'eth0', mac: 'nonsense', sandbox: '/x' }] }),
};

/** What a plugin does on ADD beside printing a result. */
const failures: Readonly<Record<string, { [key: string]: Json; answer: Json }>> = {
  'an error as it should be': {
    answer: { cniVersion: '1.0.0', code: 100, msg: 'no', details: 'none' },
    code: 1,
  },
  'an error without a code': { answer: { msg: 'no' }, code: 1 },
  'an error that is text': { answer: 'no', code: 1 },
  'an error that is silent': { answer: '', code: 1 },
  'an error with a result': { answer: result(), code: 1 },
  'a code without an exit': { answer: { cniVersion: '1.0.0', code: 100, msg: 'no' } },
  'words on standard error': { answer: result(), stderr: 'a warning' },
  'an exit of 255': { answer: '', code: 255 },
  'a DEL that fails': { answer: result(), del: 1 },
  'a STATUS that fails': { answer: result({ cniVersion: '1.1.0' }), status: 50, version: '1.1.0' },
};

const chains: Readonly<Record<string, Json[]>> = {
  'the result passed on': [plugin(result()), plugin(result())],
  'a second result': [plugin(result()), plugin(result({ ips: [{ address: '10.99.0.6/24', interface: 0 }] }))],
  'nothing from the second': [plugin(result()), plugin('')],
  'a second plugin that fails': [plugin(result()), plugin('no', { code: 1 })],
  'a first plugin without an address': [plugin({ cniVersion: '1.0.0' }), plugin(result())],
  'three versions': [
    plugin(result({ cniVersion: '0.4.0', ips: [{ version: '4', address: '10.99.0.5/24' }] })),
    plugin(result()),
  ],
};

const pods: Readonly<
  Record<string, (config: DeepPartial<PodSandboxConfig>) => DeepPartial<PodSandboxConfig>>
> = {
  'a host port': (config) => ({
    ...config,
    portMappings: [{ containerPort: 80, hostPort: 18080, protocol: 0, hostIp: '' }],
  }),
  'a port of the container alone': (config) => ({
    ...config,
    portMappings: [{ containerPort: 80, hostPort: 0 }],
  }),
  'a host port twice': (config) => ({
    ...config,
    portMappings: [18081, 18081].map((hostPort) => ({ containerPort: 80, hostPort })),
  }),
  'a host port with an address': (config) => ({
    ...config,
    portMappings: [{ containerPort: 53, hostPort: 18053, protocol: 1, hostIp: '127.0.0.1' }],
  }),
  'a host port of SCTP': (config) => ({
    ...config,
    portMappings: [{ containerPort: 53, hostPort: 18054, protocol: 2 }],
  }),
  'a host port with an address that is none': (config) => ({
    ...config,
    portMappings: [{ containerPort: 53, hostPort: 18055, hostIp: 'x' }],
  }),
  bandwidth: (config) => ({
    ...config,
    annotations: { 'kubernetes.io/ingress-bandwidth': '1M', 'kubernetes.io/egress-bandwidth': '2M' },
  }),
  'a bandwidth that is none': (config) => ({
    ...config,
    annotations: { 'kubernetes.io/ingress-bandwidth': 'fast' },
  }),
  'a bandwidth of zero': (config) => ({ ...config, annotations: { 'kubernetes.io/ingress-bandwidth': '0' } }),
  'names of servers': (config) => ({
    ...config,
    dnsConfig: { servers: ['10.0.0.1'], searches: ['a.test'], options: ['ndots:5'] },
  }),
  'a cgroup parent': (config) => config,
  annotations: (config) => ({ ...config, annotations: { 'k8s.v1.cni.cncf.io/networks': 'other' } }),
};

function cniCase(
  name: string,
  files: Files,
  pod: (config: DeepPartial<PodSandboxConfig>) => DeepPartial<PodSandboxConfig> = (config) => config,
): Case<RuntimeSide> {
  return {
    area,
    name,
    alone: true,
    apply: async (side) => {
      const dir = join(side.dir, 'cni-files', digestOf(name).slice(7, 15));
      mkdirSync(dir, { recursive: true });
      writePlugin(side.cniBinDir);
      await emptyConfDir(side);
      for (const [file, content] of Object.entries(files)) {
        const filled = typeof content === 'string' ? content : JSON.stringify(content);
        for (const [, answer = ''] of filled.matchAll(/"answer":"([0-9a-f]{8})"/g)) {
          writeFileSync(join(dir, answer), answers.get(answer) ?? '');
        }
        // The plugin finds its folder by its configuration.
        writeFileSync(join(side.cniConfDir, file), filled.replaceAll('"answer":"', `"answer":"${dir}/`));
      }
      return await attached(side, dir, pod, Object.keys(files).length > 0);
    },
  };
}

async function attached(
  side: RuntimeSide,
  dir: string,
  more: (config: DeepPartial<PodSandboxConfig>) => DeepPartial<PodSandboxConfig>,
  hasFiles: boolean,
): Promise<Outcome> {
  if (hasFiles) await settled(side);
  let id: string;
  try {
    ({ id } = await runPod(side, 'cni', more));
  } catch (error) {
    return refused('sandbox', error);
  }
  const { status } = await side.client.runtime.podSandboxStatus({ podSandboxId: id });
  const ips = [status?.network?.ip ?? '', ...(status?.network?.additionalIps ?? []).map(({ ip }) => ip)];
  try {
    await removePod(side, id);
  } catch (error) {
    // A plugin whose DEL fails once lets the pod go at the second try.
    writeFileSync(join(dir, 'lenient'), '');
    await removePod(side, id);
    return { facts: { ips, calls: calls(dir), removal: 'at the second try' }, said: String(error) };
  }
  return { facts: { ips, calls: calls(dir) } };
}

/**
 * What plugins were called with, without what differs from run to run; the first of each kind of call, since containerd
 * repeats DEL when it removes a pod that it has stopped.
 */
function calls(dir: string): Json {
  const seen = new Set<string>();
  return readdirSync(dir)
    .filter((file) => file.startsWith('call-'))
    .sort()
    .flatMap((file): Json[] => {
      const [command = '', ifname = '', args = '', ...input] = readFileSync(join(dir, file), 'utf8').split(
        '\n',
      );
      const parsed: unknown = JSON.parse(input.join('\n'));
      const { answer, ...config } = parsed as { [key: string]: Json };
      if (seen.has(`${command} ${answer}`)) return [];
      seen.add(`${command} ${answer}`);
      const names = args
        .split(';')
        .map((pair) => pair.replace(/=.*/, ''))
        .sort();
      return [{ command, ifname, args: names, config: withoutPaths(config) }];
    });
}

function withoutPaths(value: Json): Json {
  return JSON.parse(JSON.stringify(value).replaceAll(/"(\/kubepods|\/berth|\/k8s)[^"]*"/g, '"CGROUP"'));
}

async function emptyConfDir(side: RuntimeSide): Promise<void> {
  for (const file of readdirSync(side.cniConfDir)) rmSync(join(side.cniConfDir, file));
  await until(`${side.name} has no network`, async () => !(await hasNetwork(side)));
}

/** Waits until the daemon is ready, or has had the time that reading the folder again takes. */
async function settled(side: RuntimeSide): Promise<void> {
  const deadline = performance.now() + patience(1000);
  await until(
    `${side.name} has read its configuration`,
    async () => (await hasNetwork(side)) || performance.now() > deadline,
  );
}

const script = `#!/bin/sh
if [ "$CNI_COMMAND" = VERSION ]; then
  echo '{"cniVersion":"1.1.0","supportedVersions":["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}'
  exit 0
fi
input=$(cat)
text() { printf '%s' "$input" | sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p"; }
number() { printf '%s' "$input" | sed -n "s/.*\\"$1\\":\\([0-9][0-9]*\\).*/\\1/p"; }
answer=$(text answer)
dir=\${answer%/*}
if [ "$CNI_COMMAND" = STATUS ]; then
  status=$(number status)
  [ -z "$status" ] && exit 0
  echo "{\\"cniVersion\\":\\"1.1.0\\",\\"code\\":$status,\\"msg\\":\\"not ready\\"}"
  exit 1
fi
[ "$CNI_COMMAND" = GC ] && exit 0
printf '%s\\n%s\\n%s\\n%s' "$CNI_COMMAND" "$CNI_IFNAME" "$CNI_ARGS" "$input" > "$dir/call-$(ls "$dir" | grep -c call-)"
if [ "$CNI_COMMAND" = ADD ]; then
  cat "$answer"
  text stderr >&2
  code=$(number code)
  exit \${code:-0}
fi
[ "$CNI_COMMAND" = DEL ] && [ ! -e "$dir/lenient" ] && code=$(number del)
exit \${code:-0}
`;

function writePlugin(dir: string): void {
  const path = join(dir, 'fake');
  if (existsSync(path)) return;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
}

export const cni: readonly Case<RuntimeSide>[] = [
  ...Object.entries(configurations).map(([name, files]) => cniCase(`configuration: ${name}`, files)),
  ...Object.entries(results).map(([name, answer]) => cniCase(`result: ${name}`, answering(answer))),
  ...Object.entries(failures).map(([name, more]) => {
    const { version, answer, ...rest } = more;
    const cniVersion = typeof version === 'string' ? version : '1.0.0';
    return cniCase(`plugin: ${name}`, conflist(list([plugin(answer, rest)], { cniVersion })));
  }),
  ...Object.entries(chains).map(([name, plugins]) => cniCase(`chain: ${name}`, conflist(list(plugins)))),
  ...Object.entries(pods).map(([name, pod]) =>
    cniCase(
      `pod: ${name}`,
      conflist(
        list([
          plugin(result(), {
            capabilities: {
              portMappings: true,
              bandwidth: true,
              dns: true,
              ipRanges: true,
              'io.kubernetes.cri.pod-annotations': true,
            },
          }),
        ]),
      ),
      pod,
    ),
  ),
];
