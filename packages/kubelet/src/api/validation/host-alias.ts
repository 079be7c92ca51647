// The rules for `hostAliases`.
import { isIP } from 'node:net';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { check, type FieldError, invalid } from '../field-error.ts';
import { dnsSubdomain } from '../names.ts';

/** What is wrong with the pod's entries of /etc/hosts. */
export function validateHostAliases(aliases: readonly v1.HostAlias[]): FieldError[] {
  const errors: FieldError[] = [];
  aliases.forEach((alias, index) => {
    const path = `spec.hostAliases[${index}]`;
    if (!isIP(alias.ip ?? ''))
      errors.push(invalid(`${path}.ip`, alias.ip ?? '', 'must be a valid IP address'));
    for (const name of alias.hostnames ?? []) check(errors, `${path}.hostnames`, name, dnsSubdomain);
  });
  return errors;
}
