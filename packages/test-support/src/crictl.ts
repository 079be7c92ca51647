// crictl as people start it, on the engine that its launcher takes.
import { join } from 'node:path';
import { checkout } from './scratch.ts';

/** The launcher; the checkout has to be built. */
export const crictl = join(checkout, 'bin/crictl');

/** Of a test's environment what selects crictl's engine: all suites run on Node.js with BERTH_CRICTL_ENGINE=node. */
export const engineOfTests: NodeJS.ProcessEnv = {
  ...(process.env['BERTH_CRICTL_ENGINE'] && { BERTH_CRICTL_ENGINE: process.env['BERTH_CRICTL_ENGINE'] }),
};

/** Both engines; that of Bun is refused where there is none, rather than passed over. */
export const engines = ['bun', 'node'] as const;
