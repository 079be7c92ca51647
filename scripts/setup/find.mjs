// Finds out which prerequisites this machine has. Runs on Node 20, before any dependency is installed.
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The table of what Berth needs from the machine; `berth doctor` reads the same. */
export const prerequisites = JSON.parse(
  readFileSync(new URL('./prerequisites.json', import.meta.url), 'utf8'),
);

const SYSTEM_DIRS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The path of a prerequisite on this machine, or undefined when it is missing. */
export function findPrerequisite({ command, files = [], static: mustBeStatic = false }) {
  const dirs = new Set([...(process.env.PATH ?? '').split(':').filter(Boolean), ...SYSTEM_DIRS]);
  const candidates = command === undefined ? files : [...dirs].map((dir) => join(dir, command));
  return candidates.find(
    (path) => isUsable(path, command !== undefined) && !(mustBeStatic && isDynamic(path)),
  );
}

function isUsable(path, executable) {
  try {
    accessSync(path, executable ? constants.X_OK : constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Whether an ELF program asks for a dynamic loader: a program header of type PT_INTERP. */
function isDynamic(path) {
  const PT_INTERP = 3;
  const header = Buffer.alloc(4096);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, header, 0, header.length, 0);
  } finally {
    closeSync(fd);
  }
  const offset = Number(header.readBigUInt64LE(32));
  const size = header.readUInt16LE(54);
  const count = header.readUInt16LE(56);
  for (let index = 0; index < count; index++) {
    const at = offset + index * size;
    if (at + 4 <= header.length && header.readUInt32LE(at) === PT_INTERP) return true;
  }
  return false;
}
