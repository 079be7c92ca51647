import type { Capability } from '@berth/cri/generated/api.ts';
import { parseCapability } from '@berth/linux/security/capabilities.ts';
import type { LinuxCapabilities } from '@berth/oci/runtime-spec/config.ts';
import { invalid } from '../rpc/errors.ts';
import type { Warn } from '../rpc/warn.ts';

/** The default capabilities, the same as in Docker and containerd. */
const defaultCapabilities = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
];

/**
 * The capability sets of the container's process. Adding or dropping ALL is applied first, so single names act as
 * exceptions to it; drop is applied before add. ALL means this node's bounding set; adding a single capability that
 * is not in it is an error. A name that this kernel does not know is ignored, as by containerd and runc.
 */
export function processCapabilities(options: {
  request: Capability | undefined;
  privileged: boolean;
  /** berthd's own bounding set. */
  bounding: readonly string[];
  warn: Warn;
}): LinuxCapabilities {
  const { request, privileged, bounding, warn } = options;
  const field = 'config.linux.security_context.capabilities';
  const add = parse(request?.addCapabilities ?? [], `${field}.add_capabilities`, warn);
  const drop = parse(request?.dropCapabilities ?? [], `${field}.drop_capabilities`, warn);
  const ambient = parse(request?.addAmbientCapabilities ?? [], `${field}.add_ambient_capabilities`, warn);
  let granted = new Set(
    privileged || add.all ? bounding : defaultCapabilities.filter((name) => bounding.includes(name)),
  );
  if (drop.all && !privileged) granted = new Set();
  if (!privileged) {
    for (const name of [...add.names, ...ambient.names]) granted.add(name);
    // When ALL is dropped as well, single drops are redundant and adds take precedence.
    if (!drop.all) for (const name of drop.names) granted.delete(name);
  }
  if (ambient.all) for (const name of bounding) granted.add(name);
  for (const name of granted) {
    if (!bounding.includes(name)) {
      const where = ambient.names.includes(name) ? 'add_ambient_capabilities' : 'add_capabilities';
      throw invalid(
        `${field}.${where}`,
        `${name} is not in the bounding set of this node, so no container can have it`,
      );
    }
  }
  const names = [...granted].sort();
  const ambientNames = (ambient.all ? [...bounding] : ambient.names)
    .filter((name) => granted.has(name))
    .sort();
  return {
    bounding: names,
    effective: names,
    permitted: names,
    // Set inheritable capabilities only for ambient ones; otherwise they let files with inheritable file capabilities
    // raise privileges (CVE-2022-24769).
    ...(ambientNames.length === 0 ? {} : { inheritable: ambientNames, ambient: ambientNames }),
  };
}

function parse(names: string[], field: string, warn: Warn): { all: boolean; names: string[] } {
  const parsed = names.flatMap((given, index) => {
    if (given.toUpperCase() === 'ALL') return 'ALL';
    const name = parseCapability(given);
    if (name === undefined)
      warn(`${field}[${index}]`, `ignored: unknown capability ${JSON.stringify(given)}`);
    return name ?? [];
  });
  return { all: parsed.includes('ALL'), names: parsed.filter((name) => name !== 'ALL') };
}
