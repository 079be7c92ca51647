import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { failsWith, PodCalls } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

const template = `{
  "cniVersion": "1.0.0",
  "name": "from-template",
  "plugins": [{
    "type": "bridge", "bridge": "BRIDGE", "isGateway": true, "ipMasq": false,
    "ipam": {
      "type": "host-local", "dataDir": "DIR/template-leases",
      "ranges": [{{range $i, $range := .PodCIDRRanges}}{{if $i}}, {{end}}[{"subnet": "{{$range}}"}]{{end}}],
      "routes": [{{range $i, $route := .Routes}}{{if $i}}, {{end}}{"dst": "{{$route}}"}{{end}}]
    }
  }]
}
`;

test('UpdateRuntimeConfig makes a network of the template, unless there is one', async () => {
  await using node = await TestNode.start('rt-template');
  const { confDir } = node.config.cni;
  const confTemplate = join(node.dir, 'cni.template');
  writeFileSync(confTemplate, template.replace('DIR', node.dir).replace('BRIDGE', node.network.bridge));
  const update = (podCidr: string) =>
    node.client.runtime.updateRuntimeConfig({ runtimeConfig: { networkConfig: { podCidr } } });
  const networkReady = async () =>
    (await node.client.runtime.status({ verbose: false })).status?.conditions.find(
      ({ type }) => type === 'NetworkReady',
    )?.status;
  const before = readdirSync(confDir);
  await update('10.248.0.0/24');
  assert.deepEqual(readdirSync(confDir), before, 'no template is configured');

  await node.close();
  const configured = { ...node.config, cni: { ...node.config.cni, confTemplate } };
  await node.open(configured);
  await update('10.248.0.0/24');
  assert.deepEqual(readdirSync(confDir), before, 'there is a network');

  for (const file of before) rmSync(join(confDir, file));
  await node.close();
  await node.open(configured);
  assert.equal(await networkReady(), false, 'berthd brings none of its own');
  await assert.rejects(
    update('10.248.0.0/77'),
    failsWith('INVALID_ARGUMENT', /pod_cidr: "10\.248\.0\.0\/77"/),
  );
  await update('10.248.7.0/24');
  assert.deepEqual(readdirSync(confDir), ['10-containerd-net.conflist']);
  assert.equal(await networkReady(), true);
  const written = JSON.parse(readFileSync(join(confDir, '10-containerd-net.conflist'), 'utf8'));
  assert.deepEqual(written.plugins[0].ipam.ranges, [[{ subnet: '10.248.7.0/24' }]]);
  assert.deepEqual(written.plugins[0].ipam.routes, [{ dst: '0.0.0.0/0' }]);
  const podSandboxId = await new PodCalls(node).runPod('templated');
  const { status } = await node.client.runtime.podSandboxStatus({ podSandboxId });
  assert.match(status?.network?.ip ?? '', /^10\.248\.7\./);

  writeFileSync(confTemplate, '{{.PodCIDRs}}');
  await update('10.248.9.0/24');
  await node.client.runtime.removePodSandbox({ podSandboxId });
  rmSync(join(confDir, '10-containerd-net.conflist'));
  await assert.rejects(
    update('10.248.9.0/24'),
    failsWith('UNKNOWN', /confTemplate: .*cni\.template:1:2: .*can't evaluate field PodCIDRs/),
  );
  assert.deepEqual(readdirSync(confDir), []);
});
