// Which certificates of authorities a pod gets from ClusterTrustBundles. Pure.
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#cluster-trust-bundles

import { isObject } from '@berth/common/json/is-object.ts';
import type { LabelSelector } from 'kubernetes-types/meta/v1.d.ts';
import { labelValue, meetsRequirement } from '../../api/label-requirement.ts';

/** A ClusterTrustBundle. */
export interface TrustBundle {
  name: string;
  signerName: string;
  labels: Readonly<Record<string, string>>;
  /** PEM. */
  trustBundle: string;
}

/** A ClusterTrustBundle of the API server; undefined for something else. */
export function readTrustBundle(object: unknown): TrustBundle | undefined {
  if (!isObject(object) || !isObject(object.metadata) || !isObject(object.spec)) return undefined;
  const { name, labels } = object.metadata;
  const { signerName = '', trustBundle } = object.spec;
  if (typeof name !== 'string' || typeof signerName !== 'string' || typeof trustBundle !== 'string') {
    return undefined;
  }
  const texts = Object.entries(isObject(labels) ? labels : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { name, signerName, labels: Object.fromEntries(texts), trustBundle };
}

/** What a source of a projected volume asks for. */
export interface TrustSource {
  name?: string;
  signerName?: string;
  labelSelector?: LabelSelector;
  optional?: boolean;
}

/** The certificates in PEM, each once. Throws when none is there that the source needs. */
export function trustAnchors(bundles: readonly TrustBundle[], source: TrustSource): string {
  const { name, signerName, labelSelector, optional = false } = source;
  if (name !== undefined) {
    const found = bundles.find((each) => each.name === name);
    if (found) return withoutDuplicates([found]);
    if (optional) return '';
    throw new Error(
      `while getting ClusterTrustBundle: clustertrustbundle.certificates.k8s.io ${JSON.stringify(name)} not found`,
    );
  }
  if (signerName === undefined) {
    throw new Error('ClusterTrustBundle projection requires either name or signerName to be set');
  }
  const found = bundles.filter(
    (each) => each.signerName === signerName && matches(labelSelector, each.labels),
  );
  if (found.length === 0 && !optional) {
    throw new Error('combination of signerName and labelSelector matched zero ClusterTrustBundles');
  }
  return withoutDuplicates(found);
}

/** In the order of their content: who relies on another order relies on chance. */
function withoutDuplicates(bundles: readonly TrustBundle[]): string {
  const blocks = bundles.flatMap(({ trustBundle }) =>
    [...trustBundle.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)].map(
      ([, base64 = '']) => base64.replaceAll(/\s/g, ''),
    ),
  );
  return [...new Set(blocks)].sort().map(asPem).join('');
}

function asPem(base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** No selector selects nothing; an empty one everything. */
function matches(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (!selector) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labelValue(labels, key) === value) &&
    matchExpressions.every((requirement) => {
      const isMet = meetsRequirement(requirement, labels);
      if (isMet !== undefined) return isMet;
      const operator = JSON.stringify(requirement.operator);
      throw new Error(`while parsing label selector: ${operator} is not a valid operator`);
    })
  );
}
