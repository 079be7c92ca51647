// The rules for `dnsConfig`, which dnsPolicy None needs.
import { isIP } from 'node:net';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { check, type FieldError, invalid, required } from '../field-error.ts';
import { dnsSubdomain } from '../names.ts';

/** What is wrong with the pod's resolver settings. */
export function validateDns(spec: v1.PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const path = 'spec.dnsConfig';
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  if (spec.dnsPolicy === 'None' && spec.dnsConfig === undefined)
    return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  if (spec.dnsPolicy === 'None' && nameservers.length === 0) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    return [required(`${path}.nameservers`, detail)];
  }
  if (nameservers.length > 3)
    errors.push(invalid(`${path}.nameservers`, nameservers, 'must not have more than 3 nameservers'));
  nameservers.forEach((address, index) => {
    if (!isIP(address))
      errors.push(invalid(`${path}.nameservers[${index}]`, address, 'must be a valid IP address'));
  });
  if (searches.length > 32)
    errors.push(invalid(`${path}.searches`, searches, 'must not have more than 32 search paths'));
  if (searches.join(' ').length > 2048) {
    const detail = 'must not have more than 2048 characters (including spaces) in the search list';
    errors.push(invalid(`${path}.searches`, searches, detail));
  }
  searches.forEach((domain, index) => {
    if (domain !== '.')
      check(
        errors,
        `${path}.searches[${index}]`,
        domain.replace(/\.$/, '').replaceAll('_', 'a'),
        dnsSubdomain,
      );
  });
  options.forEach((option, index) => {
    const at = `${path}.options[${index}]`;
    if (!option.name) errors.push(required(at, 'must not be empty'));
    for (const field of ['name', 'value'] as const) {
      const text = option[field] ?? '';
      // A line feed would start a new line in resolv.conf.
      if (/\p{Cc}/u.test(text))
        errors.push(invalid(`${at}.${field}`, text, 'must not contain control characters'));
    }
  });
  return errors;
}
