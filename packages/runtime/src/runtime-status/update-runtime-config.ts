import type { UpdateRuntimeConfigRequest, UpdateRuntimeConfigResponse } from '@berth/cri/generated/api.ts';
import type { LiveConfig } from '../config/live-config.ts';
import type { Logger } from '../logging/log.ts';
import { templateData, writeFromTemplate } from '../network/conf-template.ts';
import type { PodNetwork } from '../network/pod-network.ts';

/** What UpdateRuntimeConfig uses. */
export interface UpdateRuntimeConfigServices {
  readonly config: LiveConfig;
  readonly log: Logger;
  readonly network: PodNetwork;
}

/**
 * UpdateRuntimeConfig: renders the conflist of `cni.confTemplate` with the pod CIDR, unless there is a usable
 * network.
 */
export async function updateRuntimeConfig(
  { config, network, log }: UpdateRuntimeConfigServices,
  { runtimeConfig }: UpdateRuntimeConfigRequest,
): Promise<UpdateRuntimeConfigResponse> {
  const podCidr = runtimeConfig?.networkConfig?.podCidr ?? '';
  if (podCidr === '') return {};
  const data = templateData(podCidr);
  const { confTemplate, confDir } = config.current.cni;
  if (confTemplate === undefined) {
    log.info('No CNI template is configured (cni.confTemplate), so the pod CIDR changes nothing', {
      podCidr,
    });
    return {};
  }
  await network.config.reload();
  if (network.config.selected !== undefined) {
    const { file } = network.config.selected;
    log.info('There is a CNI network already, so none is made of the template', { file, podCidr });
    return {};
  }
  const file = await writeFromTemplate(confTemplate, confDir, data);
  log.info('Wrote a CNI network from the template', { file, template: confTemplate, podCidr });
  // Reload now, so that the next Status sees the network without waiting for the file's event.
  await network.config.reload();
  return {};
}
