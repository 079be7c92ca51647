// Matches state and labels of list filters. Shared by the List and Stats RPCs of containers and sandboxes.

type Labels = Record<string, string>;

/** The filter of list requests for containers and sandboxes, without ids. */
interface Filter {
  readonly state?: { readonly state: number } | undefined;
  readonly labelSelector: Labels;
}

/** Whether an item has the state, if any, and the labels of a filter. */
export function matchesFilter(
  shown: { readonly state: number; readonly labels: Labels },
  filter: Filter | undefined,
): boolean {
  if (filter === undefined) return true;
  const isInState = filter.state === undefined || filter.state.state === shown.state;
  return isInState && matchesSelector(shown.labels, filter.labelSelector);
}

/** Whether `labels` has every pair of `selector`; an empty selector matches everything. */
export function matchesSelector(labels: Labels, selector: Labels): boolean {
  for (const key in selector) {
    if (labels[key] !== selector[key]) return false;
  }
  return true;
}
