import type { JsonObject } from '@berth/cni/spec/json.ts';
import { pinState } from '@berth/linux/namespaces/namespaces.ts';
import type { LiveConfig } from '../config/live-config.ts';
import { readJson } from '../container/read-json.ts';
import { runtimeInfo } from '../container/runtime-info.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { goMessage } from '../rpc/go-message.ts';
import type { HostFacts } from '../spec/input.ts';
import { sandboxSpec } from '../spec/sandbox-init.ts';
import { sandboxView } from '../spec/sandbox-view.ts';
import type { Paths } from '../state/paths.ts';
import { type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';
import { requestedPorts } from './network.ts';

/** What the verbose part of PodSandboxStatus uses. */
export interface SandboxInfoServices {
  readonly config: LiveConfig;
  readonly paths: Paths;
  readonly runtimes: OciRuntimes;
  readonly host: HostFacts;
  readonly network: PodNetwork;
}

/**
 * The info of `crictl inspectp`, with the members that containerd has and scripts read. A sandbox without an init has
 * no process, but its spec shows the namespaces.
 */
export async function sandboxInfo(services: SandboxInfoServices, sandbox: Sandbox): Promise<object> {
  const { paths, network, host } = services;
  const { id, name, config, state, runtimeHandler, cgroupParent } = sandbox;
  const files = paths.sandbox(id);
  const { hostNetwork } = sandboxNamespaces(config);
  const init = state.phase === 'ready' ? state.init : undefined;
  const [ip = '', ...additional] = state.phase === 'ready' ? state.ips : [];
  const { cniResult, warnings } = hostNetwork
    ? { cniResult: null, warnings: [] }
    : await network.info(id, requestedPorts(config.portMappings));
  const goConfig = goMessage(config);
  return {
    pid: init?.init.pid ?? 0,
    processStatus: state.phase === 'ready' ? 'running' : 'deleted',
    netNamespaceClosed: !hostNetwork && pinState(files.netns) !== 'pinned',
    image: '',
    snapshotKey: '',
    snapshotter: '',
    ...runtimeInfo(services, sandbox),
    config: goConfig,
    runtimeSpec:
      (await readJson(files.init.config)) ?? sandboxSpec({ sandbox: sandboxView(services, sandbox), host }),
    cniResult,
    sandboxMetadata: {
      Version: 'v1',
      Metadata: {
        ID: id,
        Name: name,
        Config: goConfig,
        NetNSPath: hostNetwork ? '' : files.netns,
        IP: ip,
        AdditionalIPs: additional.length > 0 ? additional : null,
        RuntimeHandler: runtimeHandler,
        CNIResult: cniResult,
        ProcessLabel: '',
      },
    },
    ...withMessage('overhead', config.linux?.overhead),
    ...withMessage('resources', config.linux?.resources),
    // The following members are berthd's own.
    runtimeHandler,
    cgroupParent,
    networkNamespace: hostNetwork ? '' : files.netns,
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

/** Wraps resources in the form of ContainerResources, as containerd does. */
function withMessage(name: string, resources: object | undefined): JsonObject {
  return resources === undefined ? {} : { [name]: { linux: goMessage(resources) } };
}
