import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import { exitWithoutIdentity, lossVerdict } from './lost-identity.ts';

const facts = { notBefore: 0, notAfter: 1, commonName: 'n', organizations: [], dnsNames: [], ips: [] };
const pair = { cert: 'c', key: 'k', facts };

test('a kubelet ends after five minutes without a certificate, if a new start can help', () => {
  const minute = 60_000;
  const rows = [
    [true, 10 * minute, true, 'none'],
    [false, 0, true, 'none'],
    [false, 5 * minute, true, 'none'],
    [false, 5 * minute + 1, true, 'exit'],
    [false, 5 * minute + 1, false, 'tell'],
  ] as const;
  for (const [hasCertificate, elapsed, isServerHealthy, verdict] of rows) {
    const given = { hasCertificate, lastHadAt: 1000, isServerHealthy, now: 1000 + elapsed };
    assert.equal(lossVerdict(given), verdict, JSON.stringify(given));
  }
});

test('the certificate is looked at until the kubelet stops', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const lines: string[] = [];
  t.after(redirectLog((line) => lines.push(line)));
  const state = { hasCertificate: true, isHealthy: false, exits: 0, seconds: 0 };
  const stop = new AbortController();
  exitWithoutIdentity(
    {
      current: () => (state.hasCertificate ? pair : undefined),
      isServerHealthy: () => state.isHealthy,
    },
    () => state.exits++,
    stop.signal,
    () => state.seconds * 1000,
  );
  const pass = (seconds: number): void => {
    for (let passed = 0; passed < seconds; passed += 10) {
      state.seconds += 10;
      t.mock.timers.tick(10_000);
    }
  };
  pass(3600);
  state.hasCertificate = false;
  pass(300);
  assert.deepEqual([state.exits, lines], [0, []]);
  pass(10);
  assert.match(lines.join(''), /the server is not responsive.*secondsWithoutCertificate=310/);
  state.isHealthy = true;
  pass(10);
  assert.equal(state.exits, 1);
  stop.abort();
  pass(60);
  assert.equal(state.exits, 1);
});
