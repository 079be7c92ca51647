// Flags of open(2) for which Node.js has no constant; the same on every architecture that it runs on.

/** The descriptor stands for a place in the file system: it can be looked at, and not read. */
export const O_PATH = 0o10000000;

/** The descriptor is closed when the process starts another program. */
export const O_CLOEXEC = 0o2000000;
