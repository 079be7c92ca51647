// Whether something that was read is the status of a pod, as far as later statuses are made from it.
import { isObject } from '@berth/common/json/is-object.ts';
import type { PodStatus } from './pod.ts';

/** Whether a value has the parts of a status that later ones are made from. */
export function isPodStatus(value: unknown): value is PodStatus {
  if (!isObject(value) || typeof value.phase !== 'string') return false;
  const statuses = [value.initContainerStatuses, value.containerStatuses, value.ephemeralContainerStatuses];
  return (
    statuses.every((list) => isListOf(list, isContainerStatus)) &&
    isListOf(value.conditions, (each) => typeof each.type === 'string') &&
    isListOf(value.podIPs, (each) => typeof each.ip === 'string')
  );
}

function isContainerStatus({ name, restartCount, state, lastState }: Record<string, unknown>): boolean {
  const isState = (each: unknown): boolean =>
    each === undefined || (isObject(each) && Object.values(each).every(isObject));
  return (
    typeof name === 'string' && Number.isSafeInteger(restartCount) && isState(state) && isState(lastState)
  );
}

function isListOf(list: unknown, check: (each: Record<string, unknown>) => boolean): boolean {
  return list === undefined || (Array.isArray(list) && list.every((each) => isObject(each) && check(each)));
}
