// Which devices a container gets, as the real kubelet chooses them, in whose words it refuses. Pure.

/** A container that asks for devices of one resource. */
export interface DeviceRequest {
  pod: string;
  container: string;
  resource: string;
  /** How many it asks for. */
  required: number;
  /** What it has already; undefined: it has no allocation. */
  held: ReadonlySet<string> | undefined;
  /** The healthy devices; undefined when no plugin has ever registered the resource. */
  healthy: ReadonlySet<string> | undefined;
  /** The devices that containers have. */
  inUse: ReadonlySet<string>;
  /** Devices of init containers of the pod that have ended by then. */
  reusable: ReadonlySet<string>;
}

/** Devices that are chosen, and from which ones the others come. */
export interface DeviceChoice {
  chosen: readonly string[];
  /** Empty when nothing is missing. */
  available: readonly string[];
  missing: number;
}

/** What is chosen without the plugin; undefined: the container has all that it asks for. Throws when it cannot have it. */
export function chooseDevices(request: DeviceRequest): DeviceChoice | undefined {
  const { pod, container, resource, required, held, healthy, inUse, reusable } = request;
  const needed = required - (held?.size ?? 0);
  if (held !== undefined && needed !== 0) {
    throw new Error(
      `pod ${JSON.stringify(pod)} container ${JSON.stringify(container)} changed request for resource ${JSON.stringify(resource)} from ${held.size} to ${required}`,
    );
  }
  if (healthy === undefined) throw new Error(`cannot allocate unregistered device ${resource}`);
  if (healthy.size === 0) {
    throw new Error(`no healthy devices present; cannot allocate unhealthy devices ${resource}`);
  }
  if (held !== undefined && !held.isSubsetOf(healthy)) {
    throw new Error(
      `previously allocated devices are no longer healthy; cannot allocate unhealthy devices ${resource}`,
    );
  }
  if (needed === 0) return undefined;
  const chosen = [...reusable].slice(0, needed);
  const missing = needed - chosen.length;
  if (missing === 0) return { chosen, available: [], missing };
  const available = [...healthy].filter((id) => !inUse.has(id) && !reusable.has(id));
  if (available.length < missing) {
    throw new Error(
      `requested number of devices unavailable for ${resource}. Requested: ${missing}, Available: ${available.length}`,
    );
  }
  return { chosen, available, missing };
}

/** All devices of the choice: those that the plugin prefers first. It may prefer too few, or what is not available. */
export function completeChoice(choice: DeviceChoice, preferred: readonly string[]): string[] {
  const available = new Set(choice.available);
  const ordered = new Set([...preferred.filter((id) => available.has(id)), ...choice.available]);
  return [...choice.chosen, ...[...ordered].slice(0, choice.missing)];
}
