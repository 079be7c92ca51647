// Strategic merge patches of two versions of an object, as client-go makes them (CreateTwoWayMergePatch).
// https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
import { isDeepStrictEqual } from 'node:util';
import { isObject } from '@berth/common/json/is-object.ts';

type JsonObject = Record<string, unknown>;

/** The merge key of each list that is merged, by its path: `status.conditions` is merged by `type`. */
export type MergeKeys = Readonly<Record<string, string>>;

/**
 * The patch that turns `before` into `after`. Lists without a merge key are replaced as a whole. Empty when nothing
 * differs.
 */
export function strategicMergePatch(before: object, after: object, mergeKeys: MergeKeys): JsonObject {
  return diffObjects({ ...before }, { ...after }, '', mergeKeys);
}

function diffObjects(before: JsonObject, after: JsonObject, path: string, mergeKeys: MergeKeys): JsonObject {
  const patch: JsonObject = {};
  for (const [name, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const former = before[name];
    const at = path === '' ? name : `${path}.${name}`;
    const mergeKey = mergeKeys[at];
    if (isObject(former) && isObject(value)) {
      const inner = diffObjects(former, value, at, mergeKeys);
      if (Object.keys(inner).length > 0) patch[name] = inner;
    } else if (mergeKey !== undefined && isObjectList(former) && isObjectList(value) && former.length > 0) {
      Object.assign(patch, diffLists(name, former, value, mergeKey));
    } else if (!isDeepStrictEqual(former, value)) patch[name] = value;
  }
  for (const [name, value] of Object.entries(before)) {
    if (value !== undefined && after[name] === undefined) patch[name] = null;
  }
  return patch;
}

/** Elements that differ, those that are gone, and the order when anything changed. */
function diffLists(
  name: string,
  before: readonly JsonObject[],
  after: readonly JsonObject[],
  mergeKey: string,
): JsonObject {
  const key = (element: JsonObject): unknown => element[mergeKey];
  const changed = after.flatMap((element) => {
    const former = before.find((each) => key(each) === key(element));
    if (former === undefined) return [element];
    const patch = diffObjects(former, element, '', {});
    return Object.keys(patch).length === 0 ? [] : [{ ...patch, [mergeKey]: key(element) }];
  });
  const gone = before
    .filter((former) => !after.some((element) => key(element) === key(former)))
    .map((former) => ({ $patch: 'delete', [mergeKey]: key(former) }));
  const elements = [...changed, ...gone];
  if (elements.length === 0 && isDeepStrictEqual(before.map(key), after.map(key))) return {};
  return {
    ...(elements.length > 0 && { [name]: elements }),
    ...(after.length > 0 && {
      [`$setElementOrder/${name}`]: after.map((element) => ({ [mergeKey]: key(element) })),
    }),
  };
}

function isObjectList(value: unknown): value is JsonObject[] {
  return Array.isArray(value) && value.every(isObject);
}
