import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NamespaceMode, type NamespaceOption, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { sandboxNamespaces } from './sandbox.ts';

const withNamespaces = (namespaceOptions: Partial<NamespaceOption>) =>
  PodSandboxConfig.fromPartial({ linux: { securityContext: { namespaceOptions } } });

test('namespaces by option', () => {
  const all = { hostNetwork: false, hostIpc: false, hostPid: false, sharedPid: false, users: undefined };
  assert.deepEqual(sandboxNamespaces(PodSandboxConfig.fromPartial({})), all);
  assert.deepEqual(sandboxNamespaces(withNamespaces({})), { ...all, sharedPid: true });
  assert.deepEqual(sandboxNamespaces(withNamespaces({ pid: NamespaceMode.CONTAINER })), all);
  assert.deepEqual(
    sandboxNamespaces(
      withNamespaces({ pid: NamespaceMode.NODE, network: NamespaceMode.NODE, ipc: NamespaceMode.NODE }),
    ),
    { hostNetwork: true, hostIpc: true, hostPid: true, sharedPid: false, users: undefined },
  );
});
