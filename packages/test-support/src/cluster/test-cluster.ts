// The control plane of a test file.
import { after, afterEach } from 'node:test';
import { type Cluster, type ClusterOptions, startCluster } from './cluster.ts';

/**
 * Starts a control plane for all tests of the file. It is gone after the last; when a test fails, the logs are kept and
 * it says where.
 */
export async function testCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await startCluster(options);
  afterEach((context) => {
    if ('passed' in context && !context.passed) console.log(`logs of the cluster: ${cluster.keepLogs()}`);
  });
  after(() => cluster[Symbol.asyncDispose]());
  return cluster;
}
