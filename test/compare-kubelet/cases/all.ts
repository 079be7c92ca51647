// All cases, in the order of reports.
import type { ManifestCase } from '../manifest-case.ts';
import { containerCases } from './containers.ts';
import { environmentCases } from './environment.ts';
import { probeCases } from './probes.ts';
import { resourceCases } from './resources.ts';
import { securityCases } from './security.ts';
import { serverCases } from './server.ts';
import { startCases } from './start-order.ts';
import { stopCases } from './stop-order.ts';
import { volumeCases } from './volumes.ts';

export const cases: readonly ManifestCase[] = [
  ...serverCases,
  ...containerCases,
  ...startCases,
  ...stopCases,
  ...probeCases,
  ...volumeCases,
  ...environmentCases,
  ...securityCases,
  ...resourceCases,
];
