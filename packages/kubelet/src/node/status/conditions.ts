// The conditions of a node that its kubelet reports, as pkg/kubelet/nodestatus/setters.go computes them.
import type { NodeCondition } from './node-object.ts';
import type { Pressures } from './status-facts.ts';

/** A change of a condition, which is told by an event: `Node NAME status is now: REASON`. */
export interface ConditionsAndEvents {
  conditions: NodeCondition[];
  events: string[];
}

interface PressureKind {
  type: string;
  of: keyof Pressures;
  present: Said;
  absent: Said;
}

interface Said {
  event: string;
  reason: string;
  message: string;
}

const pressureKinds: readonly PressureKind[] = [
  {
    type: 'MemoryPressure',
    of: 'memory',
    present: {
      event: 'NodeHasInsufficientMemory',
      reason: 'KubeletHasInsufficientMemory',
      message: 'kubelet has insufficient memory available',
    },
    absent: {
      event: 'NodeHasSufficientMemory',
      reason: 'KubeletHasSufficientMemory',
      message: 'kubelet has sufficient memory available',
    },
  },
  {
    type: 'DiskPressure',
    of: 'disk',
    present: {
      event: 'NodeHasDiskPressure',
      reason: 'KubeletHasDiskPressure',
      message: 'kubelet has disk pressure',
    },
    absent: {
      event: 'NodeHasNoDiskPressure',
      reason: 'KubeletHasNoDiskPressure',
      message: 'kubelet has no disk pressure',
    },
  },
  {
    type: 'PIDPressure',
    of: 'pid',
    present: {
      event: 'NodeHasInsufficientPID',
      reason: 'KubeletHasInsufficientPID',
      message: 'kubelet has insufficient PID available',
    },
    absent: {
      event: 'NodeHasSufficientPID',
      reason: 'KubeletHasSufficientPID',
      message: 'kubelet has sufficient PID available',
    },
  },
];

/**
 * The conditions at the time `now` (RFC 3339) that follow `former` ones; those of others stay. Ready is the last of new
 * ones. Reason and message of a pressure stay what they are until its status changes.
 */
export function nodeConditions(
  former: readonly NodeCondition[],
  { pressures, problems }: { pressures: Pressures; problems: readonly string[] },
  now: string,
): ConditionsAndEvents {
  const events: string[] = [];
  const conditions = [...former];
  const put = (condition: NodeCondition): void => {
    const at = conditions.findIndex(({ type }) => type === condition.type);
    if (at === -1) conditions.push(condition);
    else conditions[at] = condition;
  };
  const formerOf = (type: string): NodeCondition | undefined => former.find((each) => each.type === type);
  for (const { type, of, present, absent } of pressureKinds) {
    const status = pressures[of] ? 'True' : 'False';
    const known = formerOf(type);
    if (known?.status === status) put({ ...known, lastHeartbeatTime: now });
    else {
      const { event, reason, message } = pressures[of] ? present : absent;
      events.push(event);
      put({ type, status, lastHeartbeatTime: now, lastTransitionTime: now, reason, message });
    }
  }
  const known = formerOf('Ready');
  const ready = readyCondition(problems);
  const isChanged = known?.status !== ready.status;
  if (known && isChanged) events.push(ready.status === 'True' ? 'NodeReady' : 'NodeNotReady');
  put({
    type: 'Ready',
    status: ready.status,
    lastHeartbeatTime: now,
    lastTransitionTime: known && !isChanged ? known.lastTransitionTime : now,
    reason: ready.reason,
    message: ready.message,
  });
  return { conditions, events };
}

function readyCondition(problems: readonly string[]): Pick<NodeCondition, 'status' | 'reason' | 'message'> {
  const message = aggregated(problems);
  return message === undefined
    ? { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { status: 'False', reason: 'KubeletNotReady', message };
}

/** Errors as one text, as apimachinery's Aggregate prints them: each once, in brackets when there are several. */
export function aggregated(problems: readonly string[]): string | undefined {
  const different = [...new Set(problems)];
  return different.length > 1 ? `[${different.join(', ')}]` : different[0];
}
