// The units of both daemons: where they are, and what they say for an installation of one's own.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import { UserError } from '../errors/user-error.ts';
import { unitNames } from '../node/units.ts';

/** Folders of systemd. */
export interface UnitPlaces {
  /** Where a package of the distribution puts units. */
  readonly packaged: string;
  /** Where the administrator of the machine does. */
  readonly local: string;
}

export const systemdPlaces: UnitPlaces = {
  packaged: '/usr/lib/systemd/system',
  local: '/etc/systemd/system',
};

const mark = '# Written by berth enable; berth uninstall removes it.\n';

/** The folder that the units of packaging/systemd start the daemons from. */
const packagedBin = '/usr/lib/berth/bin';

/**
 * A unit for the commands in another folder.
 * @throws UserError when its path means something else to systemd
 */
export function unitFor(template: string, binDir: string): string {
  if (!/^[\w./@+-]+$/.test(binDir)) {
    throw new UserError(
      `systemd cannot start programs from ${binDir}; move Berth to a path without such characters`,
    );
  }
  return mark + template.replaceAll(`${packagedBin}/`, `${binDir}/`);
}

/**
 * Writes the units of an installation of one's own, unless a package brought them.
 * @throws UserError when there are such units that berth did not write
 */
export function installUnits(binDir: string, { packaged, local }: UnitPlaces = systemdPlaces): void {
  for (const name of Object.values(unitNames)) {
    if (binDir === packagedBin && existsSync(join(packaged, name))) continue;
    const path = join(local, name);
    if (existsSync(path) && !isOurs(path)) {
      throw new UserError(
        `${path} exists and was not written by berth enable; remove it, or use it: systemctl enable ${name}`,
      );
    }
    const template = readFileSync(join(dirname(binDir), 'packaging/systemd', name), 'utf8');
    replaceFileSync(path, unitFor(template, binDir), { mode: 0o644 });
  }
}

/** The units that berth enable wrote. */
export function writtenUnits({ local }: UnitPlaces = systemdPlaces): string[] {
  return Object.values(unitNames)
    .map((name) => join(local, name))
    .filter((path) => existsSync(path) && isOurs(path));
}

/** Removes the units that berth enable wrote. */
export function removeUnits(places: UnitPlaces = systemdPlaces): void {
  for (const path of writtenUnits(places)) rmSync(path);
}

function isOurs(path: string): boolean {
  return readFileSync(path, 'utf8').startsWith(mark);
}
