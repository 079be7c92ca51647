import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from './api-client.ts';
import { type Query, requestPath, type Target } from './request-path.ts';

const pods: Resource = { group: '', version: 'v1', plural: 'pods' };
const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };

test('paths', () => {
  const cases: [resource: Resource, target: Target, query: Query, path: string][] = [
    [pods, {}, {}, '/api/v1/pods'],
    [pods, { namespace: 'a' }, {}, '/api/v1/namespaces/a/pods'],
    [pods, { namespace: 'a', name: 'b' }, {}, '/api/v1/namespaces/a/pods/b'],
    [pods, { namespace: 'a', name: 'b', subresource: 'status' }, {}, '/api/v1/namespaces/a/pods/b/status'],
    [leases, { name: 'x:y' }, {}, '/apis/coordination.k8s.io/v1/leases/x%3Ay'],
    [
      pods,
      {},
      { fieldSelector: 'spec.nodeName=a b', watch: true, limit: undefined, timeoutSeconds: 300 },
      '/api/v1/pods?fieldSelector=spec.nodeName%3Da%20b&watch=true&timeoutSeconds=300',
    ],
  ];
  for (const [resource, target, query, path] of cases)
    assert.equal(requestPath(resource, target, query), path);
});

test('a name that would change the path is refused', () => {
  for (const name of ['', '.', '..', 'a/b', 'a%2fb']) {
    assert.throws(() => requestPath(pods, { namespace: 'a', name }), /cannot be a part of the path/);
    assert.throws(() => requestPath(pods, { namespace: name, name: 'a' }), /cannot be a part of the path/);
  }
});
