import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portMappings } from './port-mappings.ts';

test('every port is mapped once, in the order of the containers', () => {
  const mapped = portMappings([
    {
      ports: [
        { containerPort: 80 },
        { containerPort: 80, protocol: 'TCP' },
        { containerPort: 80, protocol: 'UDP' },
      ],
    },
    {},
    { ports: [{ containerPort: 80, hostPort: 8080, hostIP: '::1' }, { containerPort: 80 }] },
    {
      ports: [
        { name: 'web', containerPort: 1 },
        { name: 'web', containerPort: 2 },
      ],
    },
  ]);
  assert.deepEqual(
    mapped.map(({ protocol, containerPort, hostPort, hostIp }) => [
      protocol,
      containerPort,
      hostPort,
      hostIp,
    ]),
    [
      [0, 80, 0, ''],
      [1, 80, 0, ''],
      [0, 80, 8080, '::1'],
      [0, 80, 0, ''],
      [0, 1, 0, ''],
    ],
  );
});
