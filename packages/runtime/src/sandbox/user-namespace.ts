import { type IDMapping, NamespaceMode, type NamespaceOption } from '@berth/cri/generated/api.ts';
import { invalid } from '../rpc/errors.ts';

const optionsField = 'config.linux.security_context.namespace_options';
/** One more than the highest valid id; the kernel reserves 2^32 - 1 as "no id". */
const idLimit = 2 ** 32 - 1;

/**
 * Refuses user namespace options that cannot take effect. As in other runtimes a pod has one range of users and one
 * of groups, from 0 on. Host PIDs and host IPC belong to the host's user namespace: a pod in another one could not
 * even mount /proc or /dev/mqueue.
 */
export function validateUserNamespace(options: NamespaceOption): void {
  const userns = options.usernsOptions;
  if (userns === undefined) return;
  const field = `${optionsField}.userns_options`;
  const { mode, uids, gids } = userns;
  if (mode === NamespaceMode.NODE) {
    if (uids.length + gids.length > 0) throw invalid(field, 'mode NODE takes no mappings');
    return;
  }
  if (mode !== NamespaceMode.POD) {
    throw invalid(`${field}.mode`, `${modeName(mode)} is not supported; want POD or NODE`);
  }
  validateMapping(uids, `${field}.uids`);
  validateMapping(gids, `${field}.gids`);
  if (options.pid === NamespaceMode.NODE) {
    throw invalid(`${optionsField}.pid`, 'NODE is not possible with a user namespace');
  }
  if (options.ipc === NamespaceMode.NODE) {
    throw invalid(`${optionsField}.ipc`, 'NODE is not possible with a user namespace');
  }
}

function validateMapping(mappings: readonly IDMapping[], field: string): void {
  const [mapping, ...more] = mappings;
  if (mapping === undefined) throw invalid(field, 'mode POD needs a mapping');
  if (more.length > 0) throw invalid(field, `want one mapping, not ${mappings.length}`);
  const { containerId, hostId, length } = mapping;
  if (containerId !== 0)
    throw invalid(field, `the mapping has to begin at container id 0, not ${containerId}`);
  if (length === 0) throw invalid(field, 'the mapping is empty');
  if (hostId + length > idLimit) {
    throw invalid(field, `the mapping goes beyond the highest id: ${hostId} + ${length} > ${idLimit}`);
  }
}

function modeName(mode: NamespaceMode): string {
  return Object.entries(NamespaceMode).find(([, value]) => value === mode)?.[0] ?? String(mode);
}
