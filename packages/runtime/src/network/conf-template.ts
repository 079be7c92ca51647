// Renders `cni.confTemplate` with the node's pod CIDR into a conflist, for UpdateRuntimeConfig.

import { BlockList, isIPv6 } from 'node:net';
import { basename, join } from 'node:path';
import { makeDirectories } from '@berth/common/files/directories.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { invalid, messageWithCauses, RuntimeError } from '../rpc/errors.ts';
import type { TemplateData } from './render-conf.ts';

/** The file name that containerd uses, so that after a migration berthd replaces containerd's file. */
const templateFile = '10-containerd-net.conflist';

/** Maximum size of a template; no real one is as large. */
const maxTemplateBytes = 4 * 1024 * 1024;

/** The template data for a pod CIDR, or several separated by commas, as kubelets send them. */
export function templateData(podCidr: string): TemplateData {
  const cidrs = podCidr.split(',').map((cidr) => cidr.trim());
  const families = cidrs.map(familyOf);
  return {
    PodCIDR: cidrs[0] ?? '',
    PodCIDRRanges: cidrs,
    Routes: [
      ...(families.includes('ipv4') ? ['0.0.0.0/0'] : []),
      ...(families.includes('ipv6') ? ['::/0'] : []),
    ],
  };
}

function familyOf(cidr: string): 'ipv4' | 'ipv6' {
  const [address = '', length = ''] = cidr.split('/');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  try {
    if (!/^\d+$/.test(length)) throw new Error('no prefix length');
    new BlockList().addSubnet(address, Number(length), family);
  } catch {
    throw invalid('runtime_config.network_config.pod_cidr', `${JSON.stringify(cidr)} is not a CIDR`);
  }
  return family;
}

/** Renders a template file atomically into a configuration directory and returns the new file's path. */
export async function writeFromTemplate(
  template: string,
  confDir: string,
  data: TemplateData,
): Promise<string> {
  let text: string;
  try {
    // Import on use: most nodes have no template.
    const { renderConf } = await import('./render-conf.ts');
    text = renderConf(
      (await readRegularFile(template, { maxBytes: maxTemplateBytes })).toString(),
      basename(template),
      data,
    );
  } catch (error) {
    throw new RuntimeError('UNKNOWN', `cni.confTemplate: ${template}: ${messageWithCauses(error)}`);
  }
  await makeDirectories(confDir, 0o755);
  const file = join(confDir, templateFile);
  await replaceFile(file, text, { mode: 0o644 });
  return file;
}
