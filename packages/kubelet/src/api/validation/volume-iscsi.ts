// The rules for iscsi volumes.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type FieldError, invalid, required } from '../field-error.ts';

/** How names of targets and initiators are written, by what they begin with. */
const formats = {
  iqn: /iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
} as const;

const maxLun = 255;
/** iscsiadm cannot name an interface with more characters. */
const maxIfaceLength = 64;

/** What is wrong with an iscsi volume called `volume`, which is at `at` in its pod. */
export function validateIscsi(source: v1.ISCSIVolumeSource, volume: string, at: string): FieldError[] {
  const path = `${at}.iscsi`;
  const { targetPortal, iqn, lun, chapAuthDiscovery, chapAuthSession, secretRef, initiatorName } = source;
  const errors: FieldError[] = [];
  if (!targetPortal) errors.push(required(`${path}.targetPortal`));
  if (!iqn) errors.push(required(`${path}.iqn`));
  else errors.push(...validateName(iqn, `${path}.iqn`));
  if (lun < 0 || lun > maxLun) {
    errors.push(invalid(`${path}.lun`, lun, `must be between 0 and ${maxLun}, inclusive`));
  }
  if ((chapAuthDiscovery || chapAuthSession) && !secretRef) errors.push(required(`${path}.secretRef`));
  if (initiatorName === undefined) return errors;
  errors.push(...validateName(initiatorName, `${path}.initiatorname`));
  if (`${volume}:${targetPortal}`.length > maxIfaceLength) {
    errors.push(
      invalid(
        `${at}.name`,
        volume,
        'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.',
      ),
    );
  }
  return errors;
}

function validateName(name: string, path: string): FieldError[] {
  const format = Object.entries(formats).find(([prefix]) => name.startsWith(prefix))?.[1];
  if (!format) return [invalid(path, name, 'must be valid format starting with iqn, eui, or naa')];
  return format.test(name) ? [] : [invalid(path, name, 'must be valid format')];
}
