/** The specs of e2e_node v1.37.2 that cannot pass on this machine, and why. One that passes is news too. */
export const knownFailures: Readonly<Record<string, string>> = {};
