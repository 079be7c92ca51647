import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostNetworkHosts, podHosts } from './hosts-file.ts';

const base = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;
const aliases = [
  { ip: '1.2.3.4', hostnames: ['a', 'b.c'] },
  { ip: '::2', hostnames: ['d'] },
];
const aliasText = '\n# Entries added by HostAliases.\n1.2.3.4\ta\tb.c\n::2\td\n';

test("a pod's hosts file names the pod by each address", () => {
  assert.equal(podHosts(['10.0.0.2', 'fd00::2'], 'web', '', []), `${base}10.0.0.2\tweb\nfd00::2\tweb\n`);
});

test('a subdomain gives the full name too', () => {
  const text = podHosts(['10.0.0.2'], 'web', 'sub.default.svc.cluster.local', []);
  assert.equal(text, `${base}10.0.0.2\tweb.sub.default.svc.cluster.local\tweb\n`);
});

test('aliases stand at the end', () => {
  assert.equal(podHosts(['10.0.0.2'], 'web', '', aliases), `${base}10.0.0.2\tweb\n${aliasText}`);
  assert.equal(
    hostNetworkHosts('127.0.0.1\tlocalhost\n', aliases),
    `# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n${aliasText}`,
  );
});
