import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeepPartial, LinuxContainerSecurityContext } from '@berth/cri/generated/api.ts';
import type { AppArmorSupport } from '../apparmor/detect.ts';
import { apparmorProfile } from './apparmor.ts';

const off: AppArmorSupport = { enabled: false, loaded: [] };
const bare: AppArmorSupport = { enabled: true, loaded: ['mine'] };
const full: AppArmorSupport = { enabled: true, loaded: ['mine', 'berth-default'] };
const profile = (security: DeepPartial<LinuxContainerSecurityContext>, host: AppArmorSupport) =>
  apparmorProfile(LinuxContainerSecurityContext.fromPartial(security), host);

test('which profile applies', () => {
  const table: [DeepPartial<LinuxContainerSecurityContext>, AppArmorSupport, string | undefined][] = [
    [{}, off, undefined],
    [{}, bare, undefined],
    [{}, full, 'berth-default'],
    [{ privileged: true }, full, undefined],
    [{ apparmor: { profileType: 0 } }, full, 'berth-default'],
    [{ apparmor: { profileType: 1 } }, full, undefined],
    [{ apparmor: { profileType: 1 } }, off, undefined],
    [{ apparmor: { profileType: 2, localhostRef: 'mine' } }, full, 'mine'],
    [{ apparmorProfile: 'localhost/mine' }, full, 'mine'],
    [{ apparmorProfile: 'runtime/default' }, full, 'berth-default'],
  ];
  for (const [security, host, expected] of table)
    assert.equal(profile(security, host), expected, JSON.stringify(security));
  assert.equal(apparmorProfile(undefined, off), undefined);
});

test('a profile that cannot apply is refused by field', () => {
  const localhost = (localhostRef: string) => ({ apparmor: { profileType: 2 as const, localhostRef } });
  assert.throws(() => profile(localhost('mine'), off), /apparmor.localhost_ref: .*AppArmor is not enabled/);
  assert.throws(
    () => profile(localhost('other'), full),
    /apparmor.localhost_ref: profile other is not loaded/,
  );
  assert.throws(
    () => profile({ apparmor: { profileType: 0 } }, bare),
    /apparmor.profile_type: the default profile/,
  );
  assert.throws(() => profile({ apparmorProfile: 'localhost/' }, full), /apparmor_profile: names no profile/);
});
