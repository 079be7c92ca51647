// Names of the network that berthd configures when the node has none.
import { basename } from 'node:path';

/** The file that berthd writes into the configuration directory when it has no other. */
export const defaultFile = '87-berth.conflist';

/** The bridge of its pods. */
export const defaultBridge = 'cni0';

/** Whether a configuration file is the one that berthd itself wrote. */
export function isDefaultNetwork(file: string): boolean {
  return basename(file) === defaultFile;
}
