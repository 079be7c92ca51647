// What a kubelet asks an API server for, from the server's audit log.
import { readFileSync } from 'node:fs';

/** A request, as far as tests look at it. */
export interface AuditedRequest {
  verb: string;
  /** E.g. `nodes/status` or `leases`. */
  resource: string;
  name: string;
  namespace: string;
  /** E.g. `system:node:one`. */
  user: string;
  userAgent: string;
  code: number;
  body: unknown;
}

/** The policy by which the server logs the requests of nodes, with their bodies unless it is `Metadata`. */
export function auditPolicy(nodeNames: readonly string[], level: 'Request' | 'Metadata' = 'Request'): object {
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived', 'ResponseStarted'],
    rules: [{ level, users: nodeNames.map((name) => `system:node:${name}`) }, { level: 'None' }],
  };
}

interface AuditLine {
  verb: string;
  user?: { username?: string };
  userAgent?: string;
  objectRef?: { resource?: string; subresource?: string; name?: string; namespace?: string };
  responseStatus?: { code?: number };
  requestObject?: unknown;
}

/** The requests in a log, in their order. */
export function readAudit(path: string): AuditedRequest[] {
  // What follows the last end of a line is empty, or being written.
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const {
        verb,
        user = {},
        userAgent = '',
        objectRef = {},
        responseStatus,
        requestObject,
      }: AuditLine = JSON.parse(line);
      const { resource = '', subresource, name = '', namespace = '' } = objectRef;
      return {
        verb,
        resource: subresource === undefined ? resource : `${resource}/${subresource}`,
        name,
        namespace,
        user: user.username ?? '',
        userAgent,
        code: responseStatus?.code ?? 0,
        body: requestObject,
      };
    });
}
