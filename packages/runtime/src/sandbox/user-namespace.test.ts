import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeepPartial, NamespaceMode, NamespaceOption } from '@berth/cri/generated/api.ts';
import { validateUserNamespace } from './user-namespace.ts';

const check = (options: DeepPartial<NamespaceOption>) =>
  validateUserNamespace(NamespaceOption.fromPartial(options));
const range = (containerId = 0, length = 65_536, hostId = 65_536) => [{ containerId, hostId, length }];
const ranges = { uids: range(), gids: range() };
const { POD, CONTAINER, NODE, TARGET } = NamespaceMode;

test("a pod's own users, or the host's", () => {
  check({});
  check({ usernsOptions: { mode: NODE } });
  check({ usernsOptions: { mode: POD, ...ranges } });
  check({ network: NODE, usernsOptions: { mode: POD, ...ranges } });
});

const refused: [string, DeepPartial<NamespaceOption>, RegExp][] = [
  ['mode CONTAINER', { usernsOptions: { mode: CONTAINER } }, /userns_options\.mode: CONTAINER/],
  ['mode TARGET', { usernsOptions: { mode: TARGET } }, /userns_options\.mode: TARGET/],
  ['mappings of the host', { usernsOptions: { mode: NODE, ...ranges } }, /mode NODE takes no mappings/],
  ['no mapping', { usernsOptions: { mode: POD } }, /userns_options\.uids: mode POD needs/],
  ['no groups', { usernsOptions: { mode: POD, uids: range() } }, /userns_options\.gids: mode POD needs/],
  [
    'two ranges',
    { usernsOptions: { ...ranges, uids: [...range(), ...range()] } },
    /\.uids: want one mapping, not 2/,
  ],
  ['no root', { usernsOptions: { ...ranges, gids: range(1) } }, /\.gids: .* at container id 0, not 1/],
  ['nobody', { usernsOptions: { ...ranges, gids: range(0, 0) } }, /\.gids: the mapping is empty/],
  ['too far', { usernsOptions: { ...ranges, uids: range(0, 2 ** 31, 2 ** 31) } }, /beyond the highest id/],
  ["the host's PIDs", { pid: NODE, usernsOptions: ranges }, /namespace_options\.pid: NODE is not possible/],
  ["the host's IPC", { ipc: NODE, usernsOptions: ranges }, /namespace_options\.ipc: NODE is not possible/],
];

for (const [name, options, message] of refused) {
  test(`refused: ${name}`, () =>
    assert.throws(() => check(options), { criCode: 'INVALID_ARGUMENT', message }));
}
