// The rules for the pod's host name.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { check, type FieldError, forbidden } from '../field-error.ts';
import { dnsLabel, dnsSubdomain } from '../names.ts';

/** The limit of sethostname(2). */
const maxOverride = 64;

/** What is wrong with `hostname`, `subdomain` and `hostnameOverride`. */
export function validateHostName(spec: v1.PodSpec & { hostnameOverride?: string }): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.hostname) check(errors, 'spec.hostname', spec.hostname, dnsLabel);
  if (spec.subdomain) check(errors, 'spec.subdomain', spec.subdomain, dnsLabel);
  const { hostnameOverride } = spec;
  if (hostnameOverride === undefined) return errors;
  const path = 'spec.hostnameOverride';
  if (spec.setHostnameAsFQDN)
    errors.push(forbidden(path, 'may not be specified when setHostnameAsFQDN is true'));
  if (spec.hostNetwork) errors.push(forbidden(path, 'may not be specified when hostNetwork is true'));
  if (hostnameOverride.length > maxOverride)
    errors.push({ path, problem: `Too long: may not be more than ${maxOverride} bytes` });
  check(errors, path, hostnameOverride, dnsSubdomain);
  return errors;
}
