// The node's pod network: the selected configuration, the CNI library, the default network and the loopback guard.

import { Cni } from '@berth/cni/cni.ts';
import { parseConfList } from '@berth/cni/config/conf-list.ts';
import { loadConfLists } from '@berth/cni/config/load.ts';
import type { Exec } from '@berth/cni/plugin/exec.ts';
import { parseResult } from '@berth/cni/result/parse.ts';
import { CniError } from '@berth/cni/spec/errors.ts';
import { isJsonObject, type JsonObject } from '@berth/cni/spec/json.ts';
import { ensureMasquerade } from '@berth/linux/nftables/nftables.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import { noPortmap, type PortMapping, unmappedPorts } from './capabilities.ts';
import { NetworkConfig, type SelectedNetwork } from './config.ts';
import { isDefaultNetwork } from './default-names.ts';
import { masqueradeTableName, writeDefaultNetwork } from './default-network.ts';
import { goCniResult } from './go-cni-result.ts';
import { LoopbackGuard } from './loopback-guard.ts';

export interface PodNetworkOptions {
  readonly confDir: string;
  readonly pluginDirs: readonly string[];
  readonly cacheDir: string;
  /** Runs the plugins. */
  readonly exec: Exec;
  /** A conflist will be rendered from this template (conf-template.ts), so no default network is written. */
  readonly confTemplate?: string | undefined;
  /** Directory of this daemon's sandboxes, which distinguishes its attachments from other runtimes'. */
  readonly sandboxesDir: string;
  readonly log: Logger;
  /** Called when another network, or another version of the same, is selected. */
  readonly onSelect?: () => void;
  /** Timeout per plugin in milliseconds; a minute for other users of libcni. */
  readonly timeoutMs?: number;
  /** The nftables table of the default network's masquerade rule. */
  readonly masqueradeTable?: string;
  /** The nftables table of the loopback guard. */
  readonly loopbackTable?: string;
}

/** The NetworkReady condition of the CRI's Status. */
export interface NetworkReadiness {
  readonly ready: boolean;
  readonly reason: '' | 'NetworkPluginNotReady';
  readonly message: string;
}

/** The node's network: the selected configuration and the CNI library. */
export class PodNetwork {
  readonly cni: Cni;
  readonly config: NetworkConfig;
  readonly loopbackGuard: LoopbackGuard;
  readonly log: Logger;
  readonly sandboxesDir: string;

  private constructor(
    cni: Cni,
    config: NetworkConfig,
    loopbackGuard: LoopbackGuard,
    { log, sandboxesDir }: PodNetworkOptions,
  ) {
    this.cni = cni;
    this.config = config;
    this.loopbackGuard = loopbackGuard;
    this.log = log;
    this.sandboxesDir = sandboxesDir;
  }

  /**
   * Starts watching the configuration directory. When it holds no configuration at all, Berth's own network is
   * written there first; a user's configuration is never replaced, not even an invalid one.
   */
  static async start(options: PodNetworkOptions): Promise<PodNetwork> {
    const { confDir, confTemplate, pluginDirs, cacheDir, exec, log, timeoutMs } = options;
    const { masqueradeTable = masqueradeTableName } = options;
    if (confTemplate === undefined && (await loadConfLists(confDir)).length === 0) {
      await writeDefaultNetwork(confDir);
      log.info('Wrote the default CNI network', { dir: confDir });
    }
    const loopbackGuard = new LoopbackGuard(log, options.loopbackTable);
    loopbackGuard.ensure();
    const onSelect = (selected: SelectedNetwork) => {
      masquerade(selected, masqueradeTable, log);
      options.onSelect?.();
    };
    const config = await NetworkConfig.open({ confDir, pluginDirs, log, onSelect });
    return new PodNetwork(new Cni({ pluginDirs, cacheDir, timeoutMs, exec }), config, loopbackGuard, options);
  }

  /**
   * Whether a pod could be attached now, according to the configuration and, from CNI 1.1 on, the plugins' STATUS.
   */
  async readiness(): Promise<NetworkReadiness> {
    const { selected, problem } = this.config;
    if (selected === undefined) return { ready: false, reason: 'NetworkPluginNotReady', message: problem };
    try {
      await this.cni.statusNetworkList(selected.list);
    } catch (error) {
      if (!(error instanceof CniError)) throw error;
      return { ready: false, reason: 'NetworkPluginNotReady', message: error.message };
    }
    return { ready: true, reason: '', message: '' };
  }

  /** The plugins' result of a sandbox's ADD; undefined when it is not attached. */
  async result(sandboxId: string): Promise<JsonObject | undefined> {
    const [attachment] = await this.cni.getCachedAttachments(sandboxId);
    return attachment?.result;
  }

  /** The part of `crictl inspectp` about a sandbox's attachment: its result, and host ports without effect. */
  async info(
    sandboxId: string,
    portMappings: readonly PortMapping[],
  ): Promise<{ cniResult: JsonObject | null; warnings: string[] }> {
    const [attachment] = await this.cni.getCachedAttachments(sandboxId);
    if (attachment?.result === undefined) return { cniResult: null, warnings: [] };
    try {
      const list = parseConfList(attachment.config);
      const unmapped = unmappedPorts(list, portMappings).map(
        ({ hostPort, protocol }) => `${hostPort}/${protocol}`,
      );
      return {
        cniResult: goCniResult(parseResult(attachment.result, list.cniVersion), attachment.ifName),
        warnings:
          unmapped.length === 0 ? [] : [`host ports ${unmapped.join(', ')} lead nowhere: ${noPortmap(list)}`],
      };
    } catch {
      // An older berthd or another runtime wrote the record.
      return { cniResult: null, warnings: [] };
    }
  }

  /** Stops watching. Attachments stay. */
  async close(): Promise<void> {
    await this.config.close();
  }
}

/** Adds the masquerade rule for the default network only; a user's network has to masquerade by itself. */
function masquerade({ file, list }: SelectedNetwork, table: string, log: Logger): void {
  if (!isDefaultNetwork(file)) return;
  const sources = list.plugins.flatMap(({ config }) => subnetsOf(config.ipam));
  try {
    ensureMasquerade({ table, sources });
  } catch (error) {
    log.error('Pods cannot reach beyond this node: setting the masquerade rule failed', {
      error: messageWithCauses(error),
    });
  }
}

/** The subnets of host-local's `ranges`. */
function subnetsOf(ipam: unknown): string[] {
  if (!isJsonObject(ipam) || !Array.isArray(ipam.ranges)) return [];
  return ipam.ranges.flat().flatMap((range) => {
    if (!isJsonObject(range) || typeof range.subnet !== 'string') return [];
    return [range.subnet];
  });
}
