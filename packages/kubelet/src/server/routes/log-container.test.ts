import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerState, ContainerStatus } from '../../api/pod.ts';
import { logContainer } from './log-container.ts';

const what = 'container "main" in pod "a"';

function status(state: ContainerState, lastState: ContainerState = {}, containerID = ''): ContainerStatus {
  return {
    name: 'main',
    state,
    lastState,
    containerID,
    image: '',
    imageID: '',
    ready: false,
    restartCount: 0,
  };
}
const ended = (containerID?: string) => ({ exitCode: 0, ...(containerID && { containerID }) });

const rows: readonly [status: ContainerStatus, previous: boolean, expected: string][] = [
  [status({ running: {} }, {}, 'r://1'), false, 'r://1'],
  [status({ running: {} }, {}, 'r://1'), true, `previous terminated ${what} not found`],
  [status({ running: {} }, { terminated: ended('r://0') }, 'r://1'), true, 'r://0'],
  [status({ running: {} }, { terminated: ended() }, 'r://1'), true, `previous terminated ${what} not found`],
  [status({ terminated: ended('r://1') }, { terminated: ended('r://0') }), false, 'r://1'],
  [status({ terminated: ended() }, { terminated: ended('r://0') }), false, 'r://0'],
  [status({ terminated: ended() }), false, `${what} is terminated`],
  [status({ waiting: { reason: 'CrashLoopBackOff' } }, { terminated: ended('r://0') }), false, 'r://0'],
  [
    status({ waiting: { reason: 'CrashLoopBackOff' } }, { terminated: ended() }),
    false,
    `${what} is terminated`,
  ],
  [
    status({ waiting: { reason: 'ErrImagePull' } }),
    false,
    `${what} is waiting to start: image can't be pulled`,
  ],
  [
    status({ waiting: { reason: 'ImagePullBackOff' } }),
    false,
    `${what} is waiting to start: trying and failing to pull image`,
  ],
  [status({ waiting: { reason: 'PodInitializing' } }), false, `${what} is waiting to start: PodInitializing`],
  [status({}), false, `${what} is waiting to start - no logs yet`],
];

for (const [container, previous, expected] of rows) {
  test(`${JSON.stringify(container.state)}, previous: ${previous} → ${expected}`, () => {
    for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']) {
      const found = logContainer({ name: 'a', status: { [list]: [container] } }, 'main', previous);
      assert.equal('error' in found ? found.error : found.containerId, expected);
    }
  });
}

test('a container without a status', () => {
  assert.deepEqual(logContainer({ name: 'a', status: {} }, 'main', false), {
    error: `${what} is not available`,
  });
});
