import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { withShortMessages } from './message-limit.ts';

test('the containers of a pod share the room for messages', () => {
  const message = 'x'.repeat(20_000);
  const pod = testPod({ containers: [{ name: 'a' }, { name: 'b' }], initContainers: [{ name: 'i' }] });
  const status = {
    name: 'a',
    image: '',
    imageID: '',
    ready: false,
    restartCount: 0,
    state: { waiting: { reason: 'CrashLoopBackOff', message } },
    lastState: { terminated: { exitCode: 1, message } },
  };
  const [short] = withShortMessages([status], pod);
  assert.equal(short?.lastState?.terminated?.message?.length, 4096);
  assert.equal(short.state?.waiting?.message?.length, 20_000);
  const own = { ...status, lastState: { terminated: { exitCode: 1, message: 'short' } } };
  assert.deepEqual(withShortMessages([own], pod), [own]);
});
