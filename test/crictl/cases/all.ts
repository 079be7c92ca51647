// Which comparisons there are, by what they need of a node. Each file of this folder is about some commands.
import type { Comparison, TwinComparison } from '../comparison.ts';
import { commandLineComparisons } from './command-line.ts';
import { configComparisons } from './config.ts';
import { allImageComparisons, failingPullComparisons, imageComparisons } from './images.ts';
import { inspectComparisons } from './inspect.ts';
import { badFileComparisons, lifecycleComparisons, wholeNodeComparisons } from './lifecycle.ts';
import { listComparisons } from './list.ts';
import { eventComparisons, execSyncComparisons, logComparisons } from './logs.ts';
import { socketComparisons } from './sockets.ts';
import { streamComparisons } from './streams.ts';
import { templateComparisons } from './templates.ts';
import { completionComparisons, usageComparisons, usageTwins } from './usage.ts';

/** Need no runtime: each crictl has files of its own. */
export const withoutRuntime: readonly TwinComparison[] = [
  ...commandLineComparisons,
  ...configComparisons,
  ...socketComparisons,
  ...completionComparisons,
];

/** Only look at what the standing fixture made. */
export const reading: readonly Comparison[] = [
  ...listComparisons,
  ...inspectComparisons,
  ...templateComparisons,
  ...logComparisons,
  ...execSyncComparisons,
  ...streamComparisons,
  ...badFileComparisons,
  ...failingPullComparisons,
  ...usageComparisons,
];

/** Change something: each crictl has objects of its own, or the node to itself. */
export const changing: readonly TwinComparison[] = [
  ...lifecycleComparisons,
  ...imageComparisons,
  ...eventComparisons,
  ...usageTwins,
];

/** Are about everything on the node, from which the standing fixture has gone before. */
export const emptying: readonly TwinComparison[] = [...wholeNodeComparisons, ...allImageComparisons];
