import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgramResult } from '../node-programs.ts';
import { type Chap, noChap } from './chap.ts';
import { iscsiDisk } from './iscsi-disk.ts';
import { Iscsiadm } from './iscsiadm.ts';

const portal = '192.0.2.1:3260';
const iqn = 'iqn.2026-11.dev.berth:t';
const target = { iqn, iface: 'default' };
const discovery = `-m discoverydb -t sendtargets -p ${portal} -I default`;
const node = `-m node -p ${portal} -T ${iqn} -I default`;
const chap: Chap = {
  discovery: true,
  session: true,
  secret: {
    'discovery.sendtargets.auth.username': 'finder',
    'discovery.sendtargets.auth.password': 'find-secret',
    'node.session.auth.password': 'node-secret',
  },
};

/** An iscsiadm that notes its words; those that end with a key of `fails` end so. */
function iscsiadm(fails: Record<string, Partial<ProgramResult>> = {}) {
  const calls: string[] = [];
  const program = new Iscsiadm(async (name, args) => {
    assert.equal(name, 'iscsiadm');
    const words = args.join(' ');
    calls.push(words);
    const found = Object.entries(fails).find(([end]) => words.endsWith(end))?.[1];
    return { code: 0, output: '', ...found };
  });
  return { program, calls };
}

test('a login without CHAP', async () => {
  const { program, calls } = iscsiadm();
  await program.login(portal, target, noChap);
  assert.deepEqual(calls, [
    `${discovery} -o new`,
    `${discovery} --discover`,
    `${node} -o update -n node.session.scan -v manual`,
    `${node} --login`,
    `-m node -p ${portal} -T ${iqn} -o update -n node.startup -v manual`,
  ]);
});

test('CHAP is set before the discovery, and before the login', async () => {
  const { program, calls } = iscsiadm();
  await program.login(portal, target, chap);
  assert.deepEqual(calls, [
    `${discovery} -o new`,
    `${discovery} -o update -n discovery.sendtargets.auth.authmethod -v CHAP`,
    `${discovery} -o update -n discovery.sendtargets.auth.username -v finder`,
    `${discovery} -o update -n discovery.sendtargets.auth.password -v find-secret`,
    `${discovery} --discover`,
    `${node} -o update -n node.session.scan -v manual`,
    `${node} -o update -n node.session.auth.authmethod -v CHAP`,
    `${node} -o update -n node.session.auth.password -v node-secret`,
    `${node} --login`,
    `-m node -p ${portal} -T ${iqn} -o update -n node.startup -v manual`,
  ]);
});

test('a failure of a login takes away what was recorded, and tells no secret', async () => {
  const bad = { code: 24, output: 'no\n' };
  for (const [end, message, last] of [
    [
      '--discover',
      `iscsi: failed to sendtargets to portal ${portal} output: no, err exit status 24`,
      '-o delete',
    ],
    ['--login', 'iscsi: failed to attach disk: Error: no (exit status 24)', '-o delete'],
    [
      'find-secret',
      `iscsi: failed to update discoverydb to portal ${portal} error: iscsi: failed to update discoverydb key "discovery.sendtargets.auth.password" error: no`,
      'find-secret',
    ],
    [
      'node-secret',
      `iscsi: failed to update iscsi node to portal ${portal} error: iscsi: failed to update node session key "node.session.auth.password" error: no`,
      'node-secret',
    ],
  ] as const) {
    const { program, calls } = iscsiadm({ [end]: bad });
    await assert.rejects(program.login(portal, target, chap), { message });
    assert.ok(calls.at(-1)?.endsWith(last), calls.join('\n'));
  }
});

test('a session that exists already, and old versions without node.session.scan, are no failure', async () => {
  await iscsiadm({ '--login': { code: 15 }, '-v manual': { code: 7 } }).program.login(portal, target, noChap);
});

test('a logout without a session or a record is done', async () => {
  for (const code of [0, 2, 21]) {
    const { program, calls } = iscsiadm({ '--logout': { code }, delete: { code } });
    await program.logout(portal, target);
    assert.deepEqual(calls, [`${node} --logout`, `${node} -o delete`]);
  }
  for (const [end, message] of [
    ['--logout', 'iscsi: failed to detach disk Error: no (exit status 8)'],
    ['delete', 'iscsi: failed to delete node record Error: no (exit status 8)'],
  ] as const) {
    await assert.rejects(iscsiadm({ [end]: { code: 8, output: 'no' } }).program.logout(portal, target), {
      message,
    });
  }
});

test('an interface of a volume is a copy with a name of its own for the initiator', async () => {
  const source = { targetPortal: portal, iqn, lun: 1, initiatorName: 'iqn.2026-11.dev.berth:i' };
  const disk = iscsiDisk('v', source);
  const shown = 'iface.iscsi_ifacename = default\niface.transport_name = tcp\niface.mtu = <empty>\n';
  const own = `-m iface -I ${portal}:v`;
  const { program, calls } = iscsiadm({ new: { code: 15 } });
  await program.cloneIface(disk, shown);
  assert.deepEqual(calls, [
    `${own} -o new`,
    `${own} -o update -n iface.initiatorname -v iqn.2026-11.dev.berth:i`,
    `${own} -o update -n iface.transport_name -v tcp`,
  ]);
  const failing = iscsiadm({ tcp: { code: 7, output: 'no' } });
  await assert.rejects(failing.program.cloneIface(disk, shown), {
    message: 'iscsi: failed to update iface records: no (exit status 7). iface(default) will be used',
  });
  assert.equal(failing.calls.at(-1), `${own} -o delete`);
});

test('an interface that there is not', async () => {
  const { program } = iscsiadm({ show: { code: 6, output: 'none\n' } });
  await assert.rejects(program.showIface('x'), { message: 'iscsi: could not read iface x error: none' });
});
