// Tests of whole pods, each on every runtime that this kubelet is for.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Kubelet } from '../kubelet.ts';
import { startTestNode, type TestNode, testRuntimes } from './node.ts';

/** Where a test runs its pods: a kubelet that has none yet, on a node that the tests of one runtime share. */
export interface Stage {
  runtime: (typeof testRuntimes)[number];
  node: TestNode;
  kubelet: Kubelet;
}

/** Registers tests for each runtime. `define` is given what registers one test. */
export function onEveryRuntime(
  define: (podTest: (title: string, body: (stage: Stage) => Promise<void>) => void) => void,
): void {
  for (const runtime of testRuntimes) {
    describe(runtime, () => {
      let stage: Stage | undefined;
      before(async () => {
        const node = await startTestNode(runtime);
        stage = { runtime, node, kubelet: node.kubelet() };
        stage.kubelet.setPods([]);
      });
      after(async () => {
        await stage?.kubelet.stop();
        await stage?.node[Symbol.asyncDispose]();
      });
      define((title, body) => {
        test(title, () => {
          assert.ok(stage);
          return body(stage);
        });
      });
    });
  }
}
