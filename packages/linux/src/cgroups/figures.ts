// All that is told of a cgroup, with each of its files read once.
import { type CgroupDetails, v1Details, v2Details } from './details.ts';
import { type CgroupLimits, v1Limits, v2Limits } from './limits.ts';
import { type CgroupUsage, type ReadFile, v1Usage, v2Usage } from './usage.ts';

/** Usage, details and limits of a cgroup. Details have no huge pages and no CPU time by CPU. */
export interface CgroupFigures {
  readonly usage: CgroupUsage | undefined;
  readonly details: CgroupDetails | undefined;
  readonly limits: CgroupLimits | undefined;
}

/** Figures from the files of cgroup v1. */
export function v1Figures(readFile: ReadFile): CgroupFigures {
  const read = once(readFile);
  return { usage: v1Usage(read), details: v1Details(read, [], false), limits: v1Limits(read) };
}

/** Figures from the files of cgroup v2. */
export function v2Figures(readFile: ReadFile): CgroupFigures {
  const read = once(readFile);
  return { usage: v2Usage(read), details: v2Details(read, []), limits: v2Limits(read) };
}

/** Reads each file once. */
function once(read: ReadFile): ReadFile {
  const texts = new Map<string, string | undefined>();
  return (controller, file) => {
    if (!texts.has(file)) texts.set(file, read(controller, file));
    return texts.get(file);
  };
}
