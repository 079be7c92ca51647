// What the kubelet knows of a resource claim that pods of this node use. Pure.

/** A device of a claim, as its driver has prepared it. */
export interface PreparedDevice {
  poolName: string;
  deviceName: string;
  /** Of a device that several claims share. */
  shareId: string | undefined;
  /** The requests of the claim that have it; none: all of them. */
  requestNames: readonly string[];
  /** What containers get of it. */
  cdiDeviceIds: readonly string[];
}

/** A claim. */
export interface ClaimInfo {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** The UIDs of the pods that use it. */
  readonly podUids: Set<string>;
  /** By driver, the devices that it has prepared; every driver of the claim is there. */
  readonly drivers: Map<string, readonly PreparedDevice[]>;
  /** Whether this kubelet has had it prepared. What an earlier one did is done again before a pod starts. */
  isPrepared: boolean;
  /** From when the claim of the last pod is given back until it is forgotten: no other pod may use it. */
  isUnpreparing: boolean;
}

/** The CDI devices of a request of the claim; of all with an empty name. */
export function cdiDevicesOf({ drivers }: ClaimInfo, request: string): string[] {
  return [...drivers.values()]
    .flat()
    .filter((device) => belongsTo(device, request))
    .flatMap(({ cdiDeviceIds }) => cdiDeviceIds);
}

/** Whether a request has the device; an empty name stands for all requests. */
export function belongsTo({ requestNames }: PreparedDevice, request: string): boolean {
  return request === '' || requestNames.length === 0 || requestNames.includes(request);
}

/** How many prepared claims each driver has, and how many there are under `<any>`. */
export function claimsInUse(claims: Iterable<ClaimInfo>): Map<string, number> {
  const counts = new Map([['<any>', 0]]);
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const { isPrepared, drivers } of claims) {
    if (!isPrepared) continue;
    count('<any>');
    for (const driver of drivers.keys()) count(driver);
  }
  return counts;
}
